// Between the walk and the reading of what has changed: merges the entries of the walk with the manifest of the previous snapshot. What that one
// has just so is taken from there, unread and unopened.
#pragma once

#include <vector>

#include "agent/backup/previous_entries.h"
#include "agent/source/walk.h"
#include "lib/base/clock.h"

namespace sparekeep::agent {

FileTime file_time_of(Time time);             // not the other way round: a file may have a time that no Time holds

class FoundSink {                             // the next stage, in the order of the walk; may wait
 public:
  virtual ~FoundSink() = default;
  virtual void known(ManifestEntry entry) = 0;                    // as the previous snapshot has it
  virtual void entry(FileEntry entry, Descriptor opened) = 0;     // as WalkSink has it
  virtual void problem(SourceProblem problem) = 0;
};

class SourceMerge final : public WalkSink {   // on the thread of the walk
 public:
  explicit SourceMerge(FoundSink& sink) : sink_(sink) {}
  // The previous snapshot, which was begun then, and which of its chunks can be had.
  void merge_with(ManifestReader manifest, Time began, std::vector<bool> usable_numbers);

  // What the last snapshot has just so, read when it cannot have changed since: all of it is taken from there.
  bool take_over(const FileEntry& facts) override;
  void entry(FileEntry entry, Descriptor opened) override { sink_.entry(std::move(entry), std::move(opened)); }
  void problem(SourceProblem problem) override { sink_.problem(std::move(problem)); }

 private:
  ManifestEntry* earlier(const std::string& path);   // null: the last snapshot has none
  bool is_known(const FileEntry& facts, const ManifestEntry& before) const;

  FoundSink& sink_;
  std::optional<PreviousEntries> previous_;
  std::optional<ManifestEntry> ahead_;        // the first previous entry that is not before the walk
  FileTime believed_before_;                  // times of files that can have changed no more under them since the last snapshot
  std::vector<bool> usable_;
};

}  // namespace sparekeep::agent
