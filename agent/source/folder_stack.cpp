#include "agent/source/folder_stack.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "agent/source/open_at.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kNameListBytesMax = UINT32_MAX;  // offsets are 32 bits: sixteen million names of full length

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

Result<NameList> NameList::read(int folder) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return system_error("listing", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::fdopendir(copy), ::closedir);
  if (!handle) {
    ::close(copy);
    return system_error("listing", errno);
  }
  NameList list;
  errno = 0;
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (list.bytes_.size() + name.size() >= kNameListBytesMax) return Error(ErrorKind::failed, "holds more names than can be listed");
    list.starts_.push_back(static_cast<uint32_t>(list.bytes_.size()));
    list.bytes_.append(name.data(), name.size() + 1);
  }
  if (errno != 0) return system_error("listing", errno);
  const char* bytes = list.bytes_.data();
  std::sort(list.starts_.begin(), list.starts_.end(),
            [bytes](uint32_t a, uint32_t b) { return std::strcmp(bytes + a, bytes + b) < 0; });  // strcmp is by unsigned bytes
  return list;
}

void FolderStack::push(Folder folder) {
  folders_.push_back(std::move(folder));
  if (folders_.size() > open_max_) folders_[folders_.size() - open_max_ - 1].fd.reset();
}

Result<void> FolderStack::pop() {
  const Folder left = std::move(folders_.back());
  folders_.pop_back();
  if (folders_.empty() || folders_.back().fd) return {};
  Folder& above = folders_.back();
  Result<Descriptor> fd = left.fd ? reopened(above, left.fd.get()) : reopened(above, -1);
  if (!fd) return fd.error();
  above.fd = std::move(*fd);
  return {};
}

}  // namespace sparekeep::agent
