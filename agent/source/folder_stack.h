// The open folders between a root and where the walk stands: names still to be visited, and descriptors of which only the deepest
// few stay open. One that was closed is opened again from the level below it by "..", and must be the same folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/archive/metadata.h"
#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::agent {

// The names in a folder, sorted as bytes, in one block of memory (a million of them take their bytes and 4 MB).
class NameList {
 public:
  // Reads the folder from its beginning; the descriptor stays open and the caller's.
  static Result<NameList> read(int folder);
  bool done() const { return next_ == starts_.size(); }
  const char* take() { return bytes_.data() + starts_[next_++]; }  // valid while the list lives
  bool has(const std::string& name) const;                         // taken or not

 private:
  bool add(std::string_view block);  // of the kernel's entries

  std::string bytes_;  // each name with a NUL behind it
  std::vector<uint32_t> starts_;
  size_t next_ = 0;
};

struct HeldFolder {                       // of which an entry is made when something below it is one
  struct stat facts {};
  ReadMetadata read;
};

struct Folder {
  Descriptor fd;
  uint64_t device = 0, inode = 0;
  std::string path;            // of the deepest one alone; all paths above are its beginning
  NameList names;
  std::vector<std::string> tags = {};     // where not empty: nothing else in it stays
  std::optional<HeldFolder> held = {};
  size_t path_length = 0;
};

class FolderStack {
 public:
  explicit FolderStack(size_t open_max) : open_max_(open_max) {}
  bool empty() const { return folders_.empty(); }
  Folder& top() { return folders_.back(); }
  std::string path_of(const Folder& folder) const { return folders_.back().path.substr(0, folder.path_length); }
  std::vector<Folder>& all() { return folders_; }      // from the root on
  void push(Folder folder);
  // Leaves the deepest folder. Error: the one above it can not be opened again, or is another now; then its remaining names are lost
  // and it must be left, too.
  Result<void> pop();

 private:
  size_t open_max_;
  std::vector<Folder> folders_;
};

}  // namespace sparekeep::agent
