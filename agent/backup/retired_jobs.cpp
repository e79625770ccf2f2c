#include "agent/backup/retired_jobs.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lib/base/log.h"

namespace sparekeep::agent {

namespace {

using Stamp = std::filesystem::file_time_type;

struct JobFiles {
  std::vector<Path> files;
  Stamp newest = Stamp::min();
};

// What a file would be stamped with that is written there now.
std::optional<Stamp> stamp_of_now(const Path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  std::error_code unknown;
  const Stamp stamp = std::filesystem::last_write_time("/proc/self/fd/" + std::to_string(fd.get()), unknown);
  return fd && !unknown ? std::optional(stamp) : std::nullopt;
}

std::map<std::string, JobFiles> files_by_job(const Path& folder) {
  std::map<std::string, JobFiles> jobs;
  const Result<std::vector<std::string>> names = list_folder(folder);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const std::string job = name.substr(0, name.find('.'));
    std::error_code gone;
    const auto written = std::filesystem::last_write_time(folder / name, gone);
    if (job.size() == name.size() || !JobId::parse(job) || gone) continue;
    JobFiles& its = jobs[job];
    its.files.push_back(folder / name), its.newest = std::max(its.newest, written);
  }
  return jobs;
}

}  // namespace

void remove_retired_jobs(const Path& folder, const JobId& own) {
  const std::map<std::string, JobFiles> jobs = files_by_job(folder);
  const std::optional<Stamp> now = stamp_of_now(folder);
  if (!now) return;                                       // there is no time like that of the files
  Stamp newest = Stamp::min();
  for (const auto& [job, its] : jobs) newest = std::max(newest, its.newest);
  newest = std::min(newest, *now);
  for (const auto& [job, its] : jobs) {
    if (job == own.hex() || its.newest > newest - kRetiredAfter) continue;
    log_info("job " + job + " has not run for " + std::to_string(kRetiredAfter.count()) + " days: what this host remembers of its last snapshot is removed");
    for (const Path& file : its.files) static_cast<void>(remove_durably(file));
  }
}

}  // namespace sparekeep::agent
