// The open folders between a root and where the walk stands: names still to be visited, and descriptors of which only the deepest
// few stay open. One that was closed is opened again from the level below it by "..", and must be the same folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::agent {

// The names in a folder, sorted as bytes, in one block of memory (a million of them take their bytes and 4 MB).
class NameList {
 public:
  // Of a folder that has just been opened; the descriptor stays the caller's.
  static Result<NameList> read(int folder);
  bool done() const { return next_ == starts_.size(); }
  struct Name {
    const char* text = "";             // valid while the list stays where it is
    bool is_folder = false;            // it was one then; false: not, or not known
  };
  Name take();
  bool has(const std::string& name) const;                         // taken or not

 private:
  bool add(std::string_view block);  // of the kernel's entries

  std::string bytes_;  // each name with its kind before it, as the kernel lists it, and a NUL behind it
  std::vector<uint32_t> starts_;
  size_t next_ = 0;
};

using OpenFolder = std::shared_ptr<const Descriptor>;   // closed when nobody needs it any more

struct Folder {
  OpenFolder fd;
  uint64_t device = 0, inode = 0;
  uint64_t mount = 0;          // where that is asked for
  std::string path;            // of the deepest one alone; all paths above are its beginning
  NameList names;
  std::vector<std::string> tags = {};     // where not empty: nothing else in it stays
  size_t path_length = 0;
};

class FolderStack {
 public:
  explicit FolderStack(size_t open_max) : open_max_(open_max) {}
  bool empty() const { return folders_.empty(); }
  Folder& top() { return folders_.back(); }
  void push(Folder folder);
  // Leaves the deepest folder. true: the one above it had to be opened again. Error: it can not be, or is another
  // now; then its remaining names are lost and it must be left, too.
  Result<bool> pop();

 private:
  size_t open_max_;
  std::vector<Folder> folders_;
};

}  // namespace sparekeep::agent
