// The reading side of a backup: takes what the walk has found, reads what the previous snapshot does not have, and hands on entries and chunks
// in the order in which they come. What cannot be read is named and left out.
#pragma once

#include <unordered_set>

#include "agent/backup/command_output.h"
#include "agent/backup/content_stream.h"
#include "agent/backup/source_merge.h"

namespace sparekeep::agent {

struct ReadEntry {
  ManifestEntry entry;
  bool taken_over = false;                    // its content refers to numbers of the previous snapshot, not to tickets
};

class SourceSink : public CutChunkSink {         // the next stage; waits when it is full
 public:
  virtual void entry(ReadEntry entry) = 0;
  virtual void problem(SourceProblem problem) = 0;
};

class SourceReader final : public FoundSink {
 public:
  SourceReader(const GearTable& table, ChunkSizes sizes, ChunkRecogniser* recogniser, SourceSink& sink);   // it may be null

  void known(ManifestEntry entry) override;
  void entry(FileEntry entry, Descriptor opened) override;
  void problem(SourceProblem problem) override;
  void finish();
  // Reads the whole output of a command before anything was found; its entry waits for its place in the order. The time of `file` is set, and its size.
  // Error: the command has failed.
  Result<void> hold(FileEntry file, CommandOutput& output, const Clock& clock);

 private:
  void hand_held_before(const std::string* path);     // null: all
  void count_entry(size_t weight);
  void read_content(FileEntry entry, Descriptor opened);
  void hand_on(ReadEntry entry);
  std::string reason_to_drop(FileEntry& entry) const;
  void drop(const FileEntry& entry, const std::string& text);

  SourceSink& sink_;
  ContentStream stream_;
  std::unordered_set<std::string> dropped_;   // paths of files with several names that have no content in this snapshot
  std::vector<ReadEntry> held_;               // outputs of commands, the last in path order first
  std::string troubled_;                      // path of the last entry that could not be read whole
  uint64_t entries_since_cut_ = 0, bytes_since_cut_ = 0;
};

}  // namespace sparekeep::agent
