// Compares two folders entry by entry with nothing but system calls: independent of the code that backs up and restores. What it
// compares: names, kind, mode, owner, mtime to the nanosecond, extended attributes with ACLs and capabilities, file flags, link
// targets, device numbers, which names are hard links of one another, size, every byte, and where the holes are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sparekeep {

struct TreeCompareOptions {
  bool owners = true;
  bool privileged_attributes = true;  // trusted.*, security.*: an ordinary user can not restore them
  bool flags = true;
  bool holes = true;
  bool top = true;                    // the two folders themselves, too
};

// One text a difference, "PATH: what differs", in path order; empty when equal. Throws std::runtime_error when it can not read.
std::vector<std::string> compare_trees(const std::filesystem::path& left, const std::filesystem::path& right,
                                       TreeCompareOptions options = {});

}  // namespace sparekeep
