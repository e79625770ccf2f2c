// A sink that keeps what the walk gives it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/source/walk.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

struct Collected : WalkSink {
  std::vector<FileEntry> entries;
  std::vector<SourceProblem> problems;

  bool take_over(const FileEntry&) override { return false; }
  void entry(FileEntry entry, Descriptor) override { entries.push_back(std::move(entry)); }
  void problem(SourceProblem problem) override { problems.push_back(std::move(problem)); }

  std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const FileEntry& entry : entries) paths.push_back(entry.path);
    return paths;
  }
  const FileEntry* find(const std::string& path) const {
    for (const FileEntry& entry : entries)
      if (entry.path == path) return &entry;
    return nullptr;
  }
};

// A file of a tree that is walked, with the folders above it.
inline void put_below(const std::string& root, const std::string& name, std::string_view text) {
  make_folders(Path(root + "/" + name).parent_path()).value();
  write_durably(root + "/" + name, as_bytes(text)).value();
}

inline Collected collected(const std::vector<std::string>& roots, const WalkOptions& options = {}) {
  AccountNames names;
  Collected sink;
  walk(roots, options, names, sink).value();
  return sink;
}

}  // namespace sparekeep::agent
