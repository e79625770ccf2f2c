#include "installer/install/uninstall.h"

#include <algorithm>
#include <array>

#include "installer/install/fitness.h"
#include "installer/install/one_host.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

constexpr std::array<Service, 2> kServices{kDaemonService, kAgentService};

std::vector<std::string> files_of_ours() {
  std::vector<std::string> paths{std::string(kDelegationFile)};
  for (const Service& service : kServices) {
    paths.emplace_back(service.settings);
  }
  for (const std::string& unit : all_units()) paths.push_back(unit_file(unit));
  return paths;
}

bool is_installed(const HostFacts& facts) {
  std::vector<std::string> paths = files_of_ours();
  for (const std::string& name : all_programs()) paths.push_back(flat_file(name));
  for (const std::string_view path : {kReleasesFolder, kCurrentLink, kPreviousLink, kKeptFolder}) paths.emplace_back(path);
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return facts.files.contains(path); });
}

// What is removed from the catalogue must be the host that was asked for.
void refuse_anothers_id(Catalogue& catalogue, const Host& host, const HostFacts& facts) {
  const std::optional<HostId> id = facts.host_id();
  const std::optional<HostEntry> known = id ? catalogue.host(*id) : std::nullopt;
  if (!known || known->name == host.name) return;
  const std::string whose = known->name.empty() ? id->hex() : known->name;
  throw Error(ErrorKind::failed, "it has the id of " + in_quotes(whose) + "; if that is its old name, run sparekeep install --limit " + host.name +
                                     " first; if it is a copy of that machine, remove /etc/sparekeep and /var/lib/sparekeep on that copy by hand");
}

// A host that was broken into, or made anew, may say any id: what is removed is what is registered under its name.
std::optional<HostEntry> registered(Catalogue& catalogue, const Host& host, const HostFacts& facts) {
  const std::optional<HostId> id = facts.host_id();
  const std::optional<HostEntry> told = id ? catalogue.host(*id) : std::nullopt;
  return told && told->declared && told->name == host.name ? told : catalogue.host_named(host.name);
}

std::string other_id_of(const HostFacts& facts, const HostEntry& known) {
  const std::optional<HostId> told = facts.host_id();
  if (!told || *told == known.id) return "";
  return "id " + known.id.hex() + "; the host itself says " + told->hex() + ", which is not its own: it was made anew, or somebody else has changed it";
}

void uninstall_one(RunningCentral& central, const Host& host, const UninstallOptions& options, HostTasks& tasks) {
  const std::unique_ptr<HostAccess> access = options.door.open(host);
  const HostFacts facts = parse_facts(host, output_of(*access, {.script = facts_script(host), .limit = kFactsLimit}).value()).value();
  if (!host.is_local() && facts.uid != 0) throw Error(ErrorKind::failed, "the login is not root; set become = true or give -b for sudo, or set user = \"root\"");
  refuse_anothers_host(facts, central.state().root());
  refuse_anothers_id(central.catalogue(), host, facts);
  const std::optional<HostEntry> known = registered(central.catalogue(), host, facts);
  const bool runs = !facts.processes.empty(), installed = is_installed(facts);
  const bool kept = facts.has_marker || facts.has_stored || facts.host_id().has_value() || !facts.users.empty();
  if (runs || installed || (options.purge && kept)) {
    const ChangeScript script = uninstall_script(host, supervision_of(host, facts), central.state().root(), options.purge);
    output_of(*access, {.script = script.text(), .limit = kChangeLimit}).value();
  }
  const auto done = [&](std::string_view task, bool changed, std::string_view detail = {}) {
    tasks.add(host.name, changed ? TaskState::changed : TaskState::ok, task, detail);
  };
  done("stopped", runs);
  done("programs and configuration removed", installed);
  if (options.purge) done("state and shards removed", kept);
  if (known) central.remove(known->id);
  done("registration removed", known.has_value(), known ? other_id_of(facts, *known) : "");
}

}  // namespace

ChangeScript uninstall_script(const Host& host, Supervision supervision, const PublicKey& root, bool purge) {
  ChangeScript script(host, supervision);
  script.of_central(root).stop({kDaemonService, kAgentService}).disable().remove(files_of_ours());
  return purge ? script.purge() : script;
}

std::map<std::string, size_t> snapshots_needing(Catalogue& catalogue, const std::vector<HostEntry>& hosts) {
  std::map<HostId, std::string> names;
  for (const HostEntry& host : hosts) names[host.id] = host.name.empty() ? host.id.hex() : host.name;
  std::map<std::string, size_t> counts;
  for (const SnapshotEntry& snapshot : catalogue.snapshots({}))
    for (const SystemAmount& system : snapshot.metadata.systems)
      if (const auto found = names.find(system.id); found != names.end() && system.bytes > 0) ++counts[found->second];
  return counts;
}

std::map<std::string, size_t> snapshots_needing(Catalogue& catalogue, const std::vector<Host>& hosts) {
  std::vector<HostEntry> entries;
  for (const Host& host : hosts)
    if (std::optional<HostEntry> entry = catalogue.host_named(host.name)) entries.push_back(std::move(*entry));
  return snapshots_needing(catalogue, entries);
}

std::vector<HostEntry> former_hosts(Catalogue& catalogue, const std::vector<std::string>& called) {
  std::vector<HostEntry> all;
  for (const std::string& name : called) {
    const size_t before = all.size();
    for (const HostEntry& host : catalogue.hosts())
      if (!host.declared && !name.empty() && (host.name == name || host.id.hex() == name)) all.push_back(host);
    if (all.size() == before)
      throw Error(ErrorKind::usage, "no former host is called " + in_quotes(name) + "; the name or id of one that sparekeep systems lists as undeclared is expected");
  }
  return all;
}

void uninstall_hosts(RunningCentral& central, const std::vector<Host>& hosts, const UninstallOptions& options, HostTasks& tasks) {
  for (const Host& host : hosts) tasks.add_host(host.name);
  parallel_for(hosts.size(), std::max<size_t>(1, options.forks), [&](size_t i) {
    carry_through_host(tasks, hosts[i].name, [] { return "uninstall"; }, [&] { uninstall_one(central, hosts[i], options, tasks); });
  });
}

}  // namespace sparekeep::central
