// Files that stand in a target with several names, in a restore. Where a name is not one that the snapshot gives the file (the target's names were linked by
// others, or lie outside of it), changing the file in place would change that one, too: then it is written anew, under its own names alone. Of two files of
// the snapshot that stand as one, the first that is right stays. Counts what leaves, so that what is decided hangs neither on which contents are written by
// then nor on whether anything is (check_only).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/restore/selection.h"
#include "agent/restore/target_writer.h"
#include "lib/fetch/snapshot_reader.h"

namespace sparekeep::agent {

class SharedFiles {
 public:
  // `writer` is null only where nothing stands. All outlive it.
  SharedFiles(SnapshotReader& snapshot, const Selection& selection, TargetWriter* writer) : snapshot_(snapshot), selection_(selection), writer_(writer) {}

  struct Wanted {
    std::string_view first;                            // the path by which the snapshot knows the file: its first name
    std::string_view place;                            // of the name that is looked at
    bool changes = false;                              // its metadata is to be set
  };
  // May this file, whose content is right, stay? Throws where the manifest cannot be read.
  bool may_stay(const FileEntry& standing, const Wanted& wanted);

  // This name is going to be another file's: its content is written anew, or it is linked elsewhere. Counts once a place.
  void leave(const FileEntry& standing, const std::string& place);
  bool has_left(const std::string& place) const { return left_.contains(place); }

 private:
  struct Shared {
    uint64_t names = 0;                                // that it had before any left it
    uint64_t left = 0;
    std::string first = {};                            // of the file that stays; empty: none yet
  };
  Shared& known(const FileEntry& standing);
  bool has_own_names_only(const Shared& shared, const Wanted& wanted);
  void read_names();

  SnapshotReader& snapshot_;
  const Selection& selection_;
  TargetWriter* writer_;
  std::map<std::pair<uint64_t, uint64_t>, Shared> shared_;               // by device and inode
  std::set<std::string> left_;                                           // places
  bool names_read_ = false;
  std::map<std::string, std::vector<std::string>, std::less<>> names_;   // further names of the snapshot's files that this restore takes, by the first
};

}  // namespace sparekeep::agent
