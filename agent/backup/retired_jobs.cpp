#include "agent/backup/retired_jobs.h"

#include <algorithm>
#include <map>

#include "lib/base/log.h"

namespace sparekeep::agent {

namespace {

struct JobFiles {
  std::vector<Path> files;
  std::filesystem::file_time_type newest = std::filesystem::file_time_type::min();
};

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
  auto newest = std::filesystem::file_time_type::min();
  for (const auto& [job, its] : jobs) newest = std::max(newest, its.newest);
  for (const auto& [job, its] : jobs) {
    if (job == own.hex() || newest - its.newest < kRetiredAfter) continue;
    log_info("job " + job + " has not run for " + std::to_string(kRetiredAfter.count()) + " days: what this host remembers of its last snapshot is removed");
    for (const Path& file : its.files) static_cast<void>(remove_durably(file));
  }
}

}  // namespace sparekeep::agent
