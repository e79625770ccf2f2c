// The first name of every file that has several, while the walk may still meet another of them. Memory: some 90 bytes for each such file, and
// the path of its folder once for all that stand in it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

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
    size_t operator()(const Identity& identity) const noexcept { return identity.inode * 0x9e3779b97f4a7c15U ^ identity.device; }
  };
  struct First {
    uint64_t state = 0;           // of kind, size and times
    uint32_t folder = 0, name = 0;
    uint32_t names_left = 0;
  };
  struct Folder {                 // or a stretch of one: as its first names came
    std::string path, names;      // each with a NUL behind it
    uint32_t waiting = 0;         // files whose first name is among them
  };
  static uint64_t state_of(const FileEntry& entry);
  First remembered(const FileEntry& entry);
  uint32_t folder_of(std::string_view path);
  void forget_name(const First& first);

  std::unordered_map<Identity, First, Hash> files_;
  std::vector<Folder> folders_;
  std::vector<uint32_t> unused_;  // of folders_
  uint32_t last_ = UINT32_MAX;    // the folder that the last name went to
};

}  // namespace sparekeep::agent
