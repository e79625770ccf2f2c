#include "installer/install/converge.h"

#include <algorithm>

#include "installer/host/local_host.h"
#include "installer/install/host_convergence.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

// Two names for one root would be one host at two addresses: the inventory refuses that. A copied root is found here.
class SeenIds {
 public:
  void check(const HostId& id, const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = names_.emplace(id, name);
    if (!fresh && found->second != name)
      throw Error(ErrorKind::failed, "it has the same id as " + in_quotes(found->second) + "; remove etc/sparekeep and var/lib/sparekeep of the copied one");
  }

 private:
  std::mutex mutex_;
  std::map<HostId, std::string> names_;
};

void converge_one(HostConvergence& host, SeenIds& seen, ConvergedHost& out) {
  host.read_facts();
  host.plan();
  if (const std::optional<HostId> known = host.known_id()) seen.check(*known, out.name), out.id = known;
  if (host.predicted()) return;
  host.change();
  out.id = host.known_id();
  seen.check(*out.id, out.name);
  host.check_health();
}

}  // namespace

std::vector<ConvergedHost> converge_hosts(RunningCentral& central, const Inventory&, const std::vector<Host>& hosts,
                                          const ConvergeOptions& options, HostTasks& tasks) {
  const Release release = read_release(options.programs);
  const CentralFacts facts{central.endpoint(), central.state().root(), central.state().delegation_object()};
  DaemonPorts ports;
  SeenIds seen;
  std::vector<ConvergedHost> out(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) out[i].name = hosts[i].name, tasks.add_host(hosts[i].name);
  parallel_for(hosts.size(), std::max<size_t>(1, options.forks), [&](size_t i) {
    HostConvergence host({central, release, facts, options, ports, tasks}, hosts[i]);
    try {
      converge_one(host, seen, out[i]);
    } catch (const Error& error) {
      out[i].failed = true;
      tasks.add(hosts[i].name, error.kind() == ErrorKind::unreachable ? TaskState::unreachable : TaskState::failed, host.task(), error.text());
    }
    out[i].changed = host.changed();
  });
  return out;
}

Path program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

}  // namespace sparekeep::central
