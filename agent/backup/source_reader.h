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

  void entry(FileEntry entry) override;
  void problem(SourceProblem problem) override { sink_.problem(std::move(problem)); }
  void finish() { stream_.finish(); }
  uint64_t unchanged_files() const { return unchanged_files_; }

 private:
  bool take_over(FileEntry& entry);
  std::optional<ManifestEntry> earlier(const std::string& path);
  void read_content(FileEntry entry);
  std::string reason_to_drop(FileEntry& entry) const;
  void drop(const FileEntry& entry, const std::string& text);

  SourceSink& sink_;
  ContentStream stream_;
  std::optional<ManifestReader> previous_;
  std::optional<ManifestEntry> ahead_;        // the first previous entry that is not before the walk
  Time previous_began_;
  std::vector<bool> usable_;
  std::unordered_set<std::string> dropped_;   // paths of files with several names that have no content in this snapshot
  uint64_t unchanged_files_ = 0;
  uint64_t entries_since_cut_ = 0;
};

}  // namespace sparekeep::agent
