// The first name of every file that has several, while the walk may still meet another of them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "lib/base/file_entry.h"

namespace sparekeep::agent {

class HardLinks {
 public:
  // Sets hard_link when the file was met before. A file is forgotten when all its names have been met.
  void resolve(FileEntry& entry);
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
    std::string path;
    uint64_t names_left;
  };
  std::unordered_map<Identity, First, Hash> files_;
};

}  // namespace sparekeep::agent
