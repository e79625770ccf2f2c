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

bool is_in_place(const std::string& target, const std::vector<std::string>& paths) {
  return target == "/" || std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return path_is_within(path, target); });
}

}  // namespace sparekeep::central
