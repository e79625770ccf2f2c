// Reads a tree and writes it elsewhere with the same parts, in the same order, as a backup and a restore do.
#pragma once

#include <string>
#include <vector>

#include "agent/restore/file_writer.h"

namespace sparekeep::agent {

struct CopyReport {
  std::vector<std::string> problems;  // reading
  std::vector<std::string> warnings;  // writing
  std::vector<std::string> changed;   // places that were written
};

// Converges `target` to `source`: what does not differ is not written. Throws what a caller of these parts would get.
CopyReport copy_tree(const std::string& source, const Path& target);

}  // namespace sparekeep::agent
