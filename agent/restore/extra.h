// What stands below the target and not in the snapshot, where the order wants it removed (--delete). What may be somebody's only copy stays: all of
// it while the snapshot lacks files that could not be read, what --exclude names, what the backup was told to leave out, and what is
// mounted on a folder without entries in the snapshot (the backup did not look into it: /proc). So does what is the target's host's own.
#pragma once

#include <set>
#include <string>

#include "agent/restore/left_out.h"
#include "agent/restore/restore_report.h"
#include "agent/restore/selection.h"
#include "agent/restore/target_writer.h"

namespace sparekeep::agent {

struct ExtraOptions {
  std::string target;                    // as changes name it
  bool snapshot_is_partial = false;      // nothing is removed, and a warning says so once, the first time that something would have been
  bool check_only = false;
  LeftOut left_out = {};                 // by the snapshot's backup: it stays, and one warning says so
};

class ExtraRemover {
 public:
  ExtraRemover(TargetWriter& writer, const Selection& selection, RestoreReport& report, ExtraOptions options)
      : writer_(writer), selection_(selection), report_(report), options_(std::move(options)), left_out_(options_.left_out) {}

  // `names`: what the snapshot holds in this folder. One that cannot be listed is an error of the restore: nothing in it was removed.
  void remove_from(const std::string& path, const std::string& place, const std::set<std::string>& names);

  // Must what stands here stay, whatever the snapshot has in its place? Warns where nobody named it.
  bool keeps(const std::string& path, const std::string& place);

 private:
  struct Found {
    std::string path, place;
  };
  enum class Reason : uint8_t { none, excluded, left_out, own };

  void remove(const std::string& path, const std::string& place);
  Reason reason_to_stay(const std::string& path, const std::string& place) const;
  bool is_or_holds_own(const std::string& path, const std::string& place) const;
  Reason examine(const Found& found, std::vector<Found>& below) const;
  void note(const Error& error, const std::string& path) const;   // unless it is gone
  Reason unknown(const Error& error, const std::string& path) const;
  void say_left_out(const std::string& path);
  void say_nothing_removed(const std::string& why);
  bool is_mount(const std::string& path, const std::string& place) const;   // or nobody can say

  TargetWriter& writer_;
  const Selection& selection_;
  RestoreReport& report_;
  const ExtraOptions options_;
  const LeftOutRules left_out_;
  bool warned_ = false, said_left_out_ = false;
};

}  // namespace sparekeep::agent
