// The reading side of a backup: takes the entries of the walk, merges them with the manifest of the previous snapshot, reads what has
// changed, and hands on entries and chunks in the order in which they come. What cannot be read is named and left out.
#pragma once

#include <unordered_set>

#include "agent/backup/chunk_numbers.h"
#include "agent/backup/content_stream.h"
#include "agent/backup/previous_snapshot.h"
#include "agent/source/walk.h"

namespace sparekeep::agent {

struct ReadEntry {
  ManifestEntry entry;
  bool taken_over = false;                    // its content refers to numbers of the previous snapshot, not to tickets
};

class SourceSink {                            // the next stage; waits when it is full
 public:
  virtual ~SourceSink() = default;
  virtual void chunk(Ticket ticket, Bytes plain) = 0;
  virtual void entry(ReadEntry entry) = 0;
  virtual void problem(SourceProblem problem) = 0;
};

class SourceReader final : public WalkSink {
 public:
  // `previous` and `numbers` may be used from this thread only through const calls; `previous` may be null.
  SourceReader(const GearTable& table, ChunkSizes sizes, SourceSink& sink);
  void merge_with(ManifestReader manifest, Time began, std::vector<bool> usable_numbers);

  // What the last snapshot has just so, read when it cannot have changed since: all of it is taken from there.
  bool take_over(const FileEntry& facts) override;
  void entry(FileEntry entry, Descriptor opened) override;
  void problem(SourceProblem problem) override;
  void finish() { stream_.finish(); }
  uint64_t unchanged_files() const { return unchanged_files_; }

 private:
  ManifestEntry* earlier(const std::string& path);   // null: the last snapshot has none
  bool is_known(const FileEntry& facts, const ManifestEntry& before) const;
  void count_entry();
  void read_content(FileEntry entry, Descriptor opened);
  void hand_on(ReadEntry entry);
  std::string reason_to_drop(FileEntry& entry) const;
  void drop(const FileEntry& entry, const std::string& text);

  SourceSink& sink_;
  ContentStream stream_;
  std::optional<ManifestReader> previous_;
  std::optional<ManifestEntry> ahead_;        // the first previous entry that is not before the walk
  FileTime believed_before_;                  // times of files that can have changed no more under them since the last snapshot
  std::vector<bool> usable_;
  std::unordered_set<std::string> dropped_;   // paths of files with several names that have no content in this snapshot
  std::string troubled_;                      // path of the last entry that could not be read whole
  uint64_t unchanged_files_ = 0;
  uint64_t entries_since_cut_ = 0;
};

}  // namespace sparekeep::agent
