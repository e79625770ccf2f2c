#include "agent/source/folder_stack.h"

#include <dirent.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "agent/source/open_at.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kNameListBytesMax = UINT32_MAX;  // offsets are 32 bits: sixteen million names of full length
constexpr size_t kListingBytes = 32 << 10;

// `below` is the folder that is being left: its ".." is what we came from, unless somebody has moved it.
Result<Descriptor> reopened(const Folder& folder, int below) {
  Descriptor fd = open_for_reading(below, "..", O_DIRECTORY);
  struct stat facts {};
  if (fd && ::fstat(fd.get(), &facts) == 0 && facts.st_dev == folder.device && facts.st_ino == folder.inode) return fd;
  Result<Descriptor> parent = open_parent(folder.path);
  if (!parent) return parent.error();
  const std::string name = folder.path.substr(folder.path.rfind('/') + 1);
  fd = open_for_reading(parent->get(), name.empty() ? "." : name.c_str(), O_DIRECTORY);
  if (!fd || ::fstat(fd.get(), &facts) != 0) return system_error("opening it again", errno);
  if (facts.st_dev == folder.device && facts.st_ino == folder.inode) return fd;
  return Error(ErrorKind::failed, "became another folder while it was read");
}

}  // namespace

// By the kernel's own call: a DIR would open the folder a second time.
Result<NameList> NameList::read(int folder) {
  NameList list;
  alignas(dirent64) std::array<char, kListingBytes> block;
  for (;;) {
    const ssize_t length = ::getdents64(folder, block.data(), block.size());
    if (length < 0) return system_error("listing", errno);
    if (length == 0) break;
    if (!list.add(std::string_view(block.data(), static_cast<size_t>(length))))
      return Error(ErrorKind::failed, "holds more names than can be listed");
  }
  const char* bytes = list.bytes_.data();
  std::sort(list.starts_.begin(), list.starts_.end(),
            [bytes](uint32_t a, uint32_t b) { return std::strcmp(bytes + a, bytes + b) < 0; });  // strcmp is by unsigned bytes
  return list;
}

NameList::Name NameList::take() {
  const char* text = bytes_.data() + starts_[next_++];
  return {text, text[-1] == DT_DIR};
}

bool NameList::has(const std::string& name) const {
  const auto less = [this](uint32_t start, const std::string& wanted) { return std::strcmp(bytes_.data() + start, wanted.c_str()) < 0; };
  const auto found = std::lower_bound(starts_.begin(), starts_.end(), name, less);
  return found != starts_.end() && name == bytes_.data() + *found;
}

bool NameList::add(std::string_view block) {
  for (size_t at = 0; at < block.size();) {
    const auto* entry = reinterpret_cast<const dirent64*>(block.data() + at);
    at += entry->d_reclen;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (bytes_.size() + name.size() + 1 >= kNameListBytesMax) return false;
    bytes_ += static_cast<char>(entry->d_type);
    starts_.push_back(static_cast<uint32_t>(bytes_.size()));
    bytes_.append(name.data(), name.size() + 1);
  }
  return true;
}

// Each path in full would be the square of the depth, and anybody can make a tree of ten thousand levels.
void FolderStack::push(Folder folder) {
  if (!folders_.empty()) folders_.back().path = {};
  folder.path_length = folder.path.size();
  folders_.push_back(std::move(folder));
  if (folders_.size() > open_max_) folders_[folders_.size() - open_max_ - 1].fd.reset();
}

Result<bool> FolderStack::pop() {
  Folder left = std::move(folders_.back());
  folders_.pop_back();
  if (folders_.empty()) return false;
  Folder& above = folders_.back();
  above.path = std::move(left.path);
  above.path.resize(above.path_length);
  if (above.fd) return false;
  Result<Descriptor> fd = left.fd ? reopened(above, left.fd->get()) : reopened(above, -1);
  if (!fd) return fd.error();
  above.fd = std::make_shared<const Descriptor>(std::move(*fd));
  return true;
}

}  // namespace sparekeep::agent
