// The first name of every file that has several, while the walk may still meet another of them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "lib/base/file_entry.h"

namespace sparekeep::agent {

class HardLinks {
 public:
  // Sets hard_link when the file was met before, and is still what it was then: an inode may be freed and given out again while the walk
  // goes on, or its content change; then this name has a content of its own. A file is forgotten when all its names have been met.
  void resolve(FileEntry& entry) { entry.hard_link = first_name(entry), count(entry); }

  // The same in two steps, for an entry that may yet turn out to be another: what hard_link would be set to; and taking note of an entry
  // whose hard_link is set.
  std::string first_name(const FileEntry& entry) const;
  void count(const FileEntry& entry);
  size_t waiting() const { return files_.size(); }

 private:
  struct Identity {
    uint64_t device, inode;
    bool operator==(const Identity&) const = default;
  };
  struct Hash {
    size_t operator()(const Identity& identity) const { return identity.inode * 0x9e3779b97f4a7c15U ^ identity.device; }
  };
  struct First {
    explicit First(const FileEntry& entry)
        : path(entry.path), names_left(entry.links), kind(entry.kind), size(entry.size), mtime(entry.mtime), ctime(entry.ctime) {}
    bool fits(const FileEntry& entry) const {
      return kind == entry.kind && size == entry.size && mtime == entry.mtime && ctime == entry.ctime;
    }
    std::string path;
    uint64_t names_left;
    FileKind kind;
    uint64_t size;
    FileTime mtime, ctime;
  };
  std::unordered_map<Identity, First, Hash> files_;
};

}  // namespace sparekeep::agent
