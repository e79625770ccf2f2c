// Which of the declared jobs an apply runs: those that are due and chosen.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "installer/central/catalogue.h"
#include "installer/jobs/declared_job.h"

namespace sparekeep::central {

struct JobSelection {
  std::vector<std::string> patterns;         // of --job: globs and tag:NAME; empty: all
  bool now = false;                          // scheduled ones, too

  bool chooses(const DeclaredJob& job) const;
  bool names(const std::string& job) const;  // one of the patterns is this very name
  bool due(const DeclaredJob& job) const { return job.schedule.empty() || now; }
};

// Throws usage when a pattern fits no job.
void check_patterns(const JobSelection& selection, const std::vector<DeclaredJob>& jobs);

// Throws usage, with its place, when a restore is from a job that is neither among `jobs` nor registered, is no backup, or from a host that neither
// the inventory nor the catalogue knows.
void check_sources(Catalogue& catalogue, const Inventory& inventory, const std::vector<DeclaredJob>& jobs);

// Would a restore to `target` write over what a backup of that host reads: is it "/", or does it cover one of `paths`?
bool is_in_place(const std::string& target, const std::vector<std::string>& paths);

}  // namespace sparekeep::central
