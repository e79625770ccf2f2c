#include "lib/archive/metadata.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "lib/archive/attributes.h"
#include "lib/archive/disk_facts.h"

namespace sparekeep {

namespace {

constexpr uint32_t kModeBits = 07777;

std::optional<FileKind> kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::regular;
  if (S_ISDIR(mode)) return FileKind::directory;
  if (S_ISLNK(mode)) return FileKind::symlink;
  if (S_ISFIFO(mode)) return FileKind::fifo;
  if (S_ISSOCK(mode)) return FileKind::socket;
  if (S_ISCHR(mode)) return FileKind::character_device;
  if (S_ISBLK(mode)) return FileKind::block_device;
  return std::nullopt;
}

FileTime time_of(const timespec& time) { return {time.tv_sec, static_cast<uint32_t>(time.tv_nsec)}; }

Result<std::string> link_target_of(int fd) {
  std::array<char, kLinkTargetBytesMax + 1> target;
  const ssize_t length = ::readlinkat(fd, "", target.data(), target.size());
  if (length < 0) return system_error("reading the link", errno);
  return std::string(target.data(), static_cast<size_t>(length));
}

bool is_path_only(int fd) { return (::fcntl(fd, F_GETFL) & O_PATH) != 0; }

// What only an open file tells; a file of any other kind, or one that could not be opened, has none of it.
void read_open_facts(int fd, const struct stat& facts, ReadMetadata& read) {
  read.entry.flags = read_flags(fd);
  if (read.entry.kind != FileKind::regular || !may_have_holes(facts) || is_path_only(fd)) return;
  Result<std::vector<FileExtent>> extents = read_extents(fd, facts);
  if (extents) read.entry.data_extents = std::move(*extents);
  else read.problems.push_back(extents.error().text());
}

}  // namespace

bool set_from_stat(FileEntry& entry, const struct stat& facts) {
  const std::optional<FileKind> kind = kind_of(facts.st_mode);
  if (!kind) return false;
  const bool is_device = *kind == FileKind::character_device || *kind == FileKind::block_device;
  entry.kind = *kind;
  entry.mode = facts.st_mode & kModeBits;
  entry.uid = facts.st_uid;
  entry.gid = facts.st_gid;
  entry.size = *kind == FileKind::regular ? static_cast<uint64_t>(facts.st_size) : 0;
  entry.mtime = time_of(facts.st_mtim);
  entry.ctime = time_of(facts.st_ctim);
  entry.inode = facts.st_ino;
  entry.device = facts.st_dev;
  entry.links = facts.st_nlink;
  entry.device_major = is_device ? major(facts.st_rdev) : 0;
  entry.device_minor = is_device ? minor(facts.st_rdev) : 0;
  return true;
}

Result<ReadMetadata> read_metadata(int fd, AccountNames& names) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return system_error("examining", errno);
  ReadMetadata read;
  if (!set_from_stat(read.entry, facts)) return Error(ErrorKind::unsupported, "a file of unknown kind");
  read.entry.user = names.user_name(facts.st_uid);
  read.entry.group = names.group_name(facts.st_gid);
  const FileKind kind = read.entry.kind;
  read.entry.attributes = read_attributes(fd, read.problems);
  if (kind == FileKind::symlink) {
    Result<std::string> target = link_target_of(fd);
    if (!target) return target.error();
    read.entry.link_target = std::move(*target);
  }
  if (kind == FileKind::regular || kind == FileKind::directory) read_open_facts(fd, facts, read);
  return read;
}

}  // namespace sparekeep
