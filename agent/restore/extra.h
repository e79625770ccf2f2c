// What stands below the target and not in the snapshot, where the order wants it removed (--delete). What may be somebody's only copy stays: all of
// it while the snapshot lacks files that could not be read, what --exclude names, and what another file system holds that is mounted on a folder
// without entries in the snapshot (the backup did not look into it: /proc, one_file_system).
#pragma once

#include <set>
#include <string>

#include "agent/restore/restore_report.h"
#include "agent/restore/selection.h"
#include "agent/restore/target_writer.h"

namespace sparekeep::agent {

class ExtraRemover {
 public:
  // `snapshot_is_partial`: nothing is removed, and a warning says so once, the first time that something would have been.
  ExtraRemover(TargetWriter& writer, const Selection& selection, RestoreReport& report, bool snapshot_is_partial, bool check_only)
      : writer_(writer), selection_(selection), report_(report), partial_(snapshot_is_partial), check_only_(check_only) {}

  // `names`: what the snapshot holds in this folder.
  void remove_from(const std::string& path, const std::string& place, const std::set<std::string>& names);

 private:
  void remove(const std::string& path, const std::string& place);
  bool holds_excluded(const std::string& path, const std::string& place) const;
  bool is_folder(const std::string& place) const;
  bool is_mount(const std::string& place) const;

  TargetWriter& writer_;
  const Selection& selection_;
  RestoreReport& report_;
  const bool partial_, check_only_;
  bool warned_ = false;
};

}  // namespace sparekeep::agent
