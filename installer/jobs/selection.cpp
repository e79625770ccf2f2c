#include "installer/jobs/selection.h"

#include <algorithm>

#include "lib/base/path_order.h"
#include "lib/base/suggestion.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kTag = "tag:";

bool fits(const std::string& pattern, const DeclaredJob& job) {
  if (!pattern.starts_with(kTag)) return matches_glob(pattern, job.name);
  const std::vector<std::string>& tags = job.definition.tags;
  return std::find(tags.begin(), tags.end(), pattern.substr(kTag.size())) != tags.end();
}

}  // namespace

bool JobSelection::chooses(const DeclaredJob& job) const {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return fits(pattern, job); });
}

bool JobSelection::names(const std::string& job) const { return std::find(patterns.begin(), patterns.end(), job) != patterns.end(); }

void check_patterns(const JobSelection& selection, const std::vector<DeclaredJob>& jobs) {
  std::vector<std::string> known;
  for (const DeclaredJob& job : jobs) known.push_back(job.name);
  for (const std::string& pattern : selection.patterns) {
    if (std::any_of(jobs.begin(), jobs.end(), [&](const DeclaredJob& job) { return fits(pattern, job); })) continue;
    const std::string nearest = nearest_name(pattern, known);
    throw Error(ErrorKind::usage, "--job " + in_quotes(pattern) + " fits no job of these playbooks; " +
                                      (nearest.empty() ? "one of " + joined(known, ", ") + " is expected" : "did you mean " + in_quotes(nearest) + "?"));
  }
}

namespace {

std::string hint(std::string_view name, const std::vector<std::string>& known, const std::string& otherwise) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? otherwise : "did you mean " + in_quotes(nearest) + "?";
}

void check_source(Catalogue& catalogue, const Inventory& inventory, const DeclaredJob& restore, const HostDefinition& source) {
  const std::optional<JobEntry> job = catalogue.job_named(source.from_job);
  if (!job) {
    std::vector<std::string> known;
    for (const JobEntry& one : catalogue.jobs())
      if (one.kind == "backup") known.push_back(one.name);
    throw Error(ErrorKind::usage, restore.from_at + ": no backup job is " + in_quotes(source.from_job) + "; " +
                                      hint(source.from_job, known, "a job of these playbooks, or one that sparekeep jobs lists, is expected"));
  }
  if (job->kind == "restore") throw Error(ErrorKind::usage, restore.from_at + ": job " + in_quotes(source.from_job) + " is a restore; a backup job is expected");
  if (inventory.find(source.from_host) || catalogue.host_named(source.from_host)) return;
  std::vector<std::string> known;
  for (const Host& host : inventory.hosts) known.push_back(host.name);
  throw Error(ErrorKind::usage, restore.from_at + ": host " + in_quotes(source.from_host) + " is not in the inventory; " +
                                    hint(source.from_host, known, "the name of a host that was backed up is expected"));
}

}  // namespace

void check_sources(Catalogue& catalogue, const Inventory& inventory, const std::vector<DeclaredJob>& jobs) {
  std::set<std::string> backups;
  for (const DeclaredJob& job : jobs)
    if (job.kind == "backup") backups.insert(job.name);
  for (const DeclaredJob& job : jobs)
    for (const HostDefinition& host : job.definition.hosts)
      if (job.kind == "restore" && !backups.contains(host.from_job)) check_source(catalogue, inventory, job, host);
}

bool is_in_place(const std::string& target, const std::vector<std::string>& paths) {
  return target == "/" || std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return path_is_within(path, target); });
}

}  // namespace sparekeep::central
