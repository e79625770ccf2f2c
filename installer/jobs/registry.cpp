#include "installer/jobs/registry.h"

#include <algorithm>
#include <set>

#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::central {

namespace {

void check_owner(const JobEntry& known, const std::string& playbook, const DeclaredJob& declared) {
  const std::string job = declared.at + ": job " + in_quotes(known.name);
  if (!known.playbook.empty() && known.playbook != playbook && !known.retired)
    throw Error(ErrorKind::usage, job + " belongs to playbook " + in_quotes(known.playbook) + ", not to " + in_quotes(playbook) +
                                      "; choose another name, or sparekeep retire " + known.playbook);
  if (!known.kind.empty() && known.kind != declared.kind)
    throw Error(ErrorKind::usage, job + " is registered as a " + known.kind + "; another name is expected for a " + declared.kind);
}

const HostDefinition* find_host(const JobDefinition& definition, const std::string& host) {
  const auto found = std::find_if(definition.hosts.begin(), definition.hosts.end(),
                                  [&](const HostDefinition& entry) { return entry.order.host_name == host; });
  return found == definition.hosts.end() ? nullptr : &*found;
}

// A host that the job knows keeps its redundancy; a new one gets the job's, unless it has too few other systems for that.
void keep_redundancy(const JobEntry& known, JobDefinition& definition) {
  const JobDefinition before = definition_of(known);
  for (HostDefinition& host : definition.hosts) {
    BackupOrder& backup = host.order.backup;
    const HostDefinition* earlier = find_host(before, host.order.host_name);
    const int data = earlier ? earlier->order.backup.data : known.data;
    const int parity = earlier ? earlier->order.backup.parity : known.parity;
    if (data == 0 || (!earlier && data + parity > backup.data + backup.parity)) continue;
    backup.data = data, backup.parity = parity;
  }
}

std::vector<HostId> known_hosts(Catalogue& catalogue, const JobDefinition& definition) {
  std::vector<HostId> ids;
  for (const HostDefinition& host : definition.hosts)
    if (const std::optional<HostEntry> entry = catalogue.host_named(host.order.host_name)) ids.push_back(entry->id);
  return ids;
}

std::vector<std::string> all_paths(const JobDefinition& definition) {
  std::vector<std::string> paths;
  for (const HostDefinition& host : definition.hosts)
    for (const std::string& path : host.order.backup.paths)
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  return paths;
}

JobEntry entry_of(Catalogue& catalogue, const RegistryInput& input, const DeclaredJob& declared, const JobEntry& known) {
  JobEntry entry = known;
  JobDefinition definition = declared.definition;
  const bool fixed = !declared.redundancy_given && declared.kind == "backup" && known.data > 0;
  if (fixed) keep_redundancy(known, definition);
  entry.playbook = input.playbook, entry.name = declared.name, entry.kind = declared.kind;
  entry.hosts = known_hosts(catalogue, definition);
  if (!fixed && !definition.hosts.empty()) {
    entry.data = definition.hosts.front().order.backup.data;
    entry.parity = definition.hosts.front().order.backup.parity;
  }
  entry.definition = to_json(definition);
  entry.paths = all_paths(definition);
  entry.schedule = declared.schedule;
  entry.retired = false;
  return entry;
}

bool same(const JobEntry& a, const JobEntry& b) {
  return a.playbook == b.playbook && a.hosts == b.hosts && a.data == b.data && a.parity == b.parity && a.definition == b.definition &&
         a.schedule == b.schedule && a.retired == b.retired;
}

}  // namespace

JobDefinition definition_of(const JobEntry& job) {
  if (job.definition.empty()) return {};
  return during("the definition of job " + in_quotes(job.name), from_json<JobDefinition>(job.definition)).value();
}

Registration plan_registration(Catalogue& catalogue, const RegistryInput& input, Random& random) {
  Registration registration;
  std::set<std::string> names;
  for (const DeclaredJob& declared : input.jobs) {
    names.insert(declared.name);
    const std::optional<JobEntry> known = catalogue.job_named(declared.name);
    if (known) check_owner(*known, input.playbook, declared);
    JobEntry entry = entry_of(catalogue, input, declared, known.value_or(JobEntry{}));
    if (!known) entry.id = random.id<JobId>(), entry.registered = input.now;
    registration.jobs.push_back(entry);
    if (known && same(*known, entry)) continue;
    (known ? registration.changed : registration.added).push_back(entry.name);
    registration.put.push_back(std::move(entry));
  }
  if (!input.retire) return registration;
  for (JobEntry& job : catalogue.jobs()) {
    if (job.playbook != input.playbook || job.retired || names.contains(job.name)) continue;
    job.retired = true;
    registration.retired.push_back(job.name);
    registration.put.push_back(std::move(job));
  }
  return registration;
}

}  // namespace sparekeep::central
