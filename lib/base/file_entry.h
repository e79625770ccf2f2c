// One entry of a file system as a snapshot keeps it: everything about a file but its content and where that is stored.
// The source reads it, the manifest keeps it (docs/format.md, Manifest), the restore writes it.
//
// Names are bytes: a path holds any byte but NUL, whatever its encoding. POSIX ACLs lie among the extended attributes under
// their kernel names (system.posix_acl_access, system.posix_acl_default), as the kernel gives them: that restores exactly,
// for every kind of file, where a text would have to be resolved and could come back as another list.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace sparekeep {

enum class FileKind : uint8_t {  // the numbers are those of the format
  regular = 1,
  directory = 2,
  symlink = 3,
  fifo = 4,
  socket = 5,
  character_device = 6,
  block_device = 7,
};
std::string_view to_text(FileKind kind);  // "regular", "directory", ... as in `show`

struct FileTime {
  int64_t seconds = 0;        // since 1970-01-01T00:00:00Z, negative before
  uint32_t nanoseconds = 0;   // 0 .. 999,999,999, always forward from `seconds`
  auto operator<=>(const FileTime&) const = default;
};

struct FileExtent {           // bytes of a sparse file that are stored
  uint64_t offset = 0;
  uint64_t length = 0;
  bool operator==(const FileExtent&) const = default;
};

inline constexpr std::string_view kAccessAclAttribute = "system.posix_acl_access";
inline constexpr std::string_view kDefaultAclAttribute = "system.posix_acl_default";
inline constexpr size_t kAttributeBytesMax = 65536;    // one value, and all names of one file: the kernel's limit
inline constexpr size_t kAttributesMax = 4096;         // of one file: more is refused when read from a manifest
inline constexpr size_t kLinkTargetBytesMax = 4096;    // the kernel's limit

struct FileEntry {
  FileKind kind = FileKind::regular;
  std::string path;           // absolute, without a slash at the end (the root folder is "/")
  uint32_t mode = 0;          // permission bits, setuid, setgid, sticky: 12 bits
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string user;           // empty: the number has no name on the source host
  std::string group;
  uint64_t size = 0;          // bytes a reader of the file sees; 0 for everything but regular files
  FileTime mtime;
  std::string link_target;    // of a symlink, as it stands
  std::string hard_link;      // path of the entry that holds the content, earlier in path order; empty: this one does
  uint32_t device_major = 0;  // of devices
  uint32_t device_minor = 0;
  std::map<std::string, Bytes> attributes;  // extended attributes and POSIX ACLs
  std::string flags;          // as libarchive names them, comma-separated ("schg,nodump"); empty: none
  std::vector<FileExtent> data_extents;     // empty: not sparse. Ascending, apart; all hole is one extent {size, 0}

  // For the next backup's "unchanged?" only; never restored.
  FileTime ctime;
  uint64_t inode = 0;

  // For this walk only; not kept.
  uint64_t device = 0;        // st_dev of the file system it lies on
  uint64_t links = 1;         // names of the file

  bool operator==(const FileEntry&) const = default;
};

// Bytes that are stored for a regular file: its data extents, or all of it.
uint64_t stored_size(const FileEntry& entry);

// Do the extents describe holes of a file of `size` bytes: ascending, apart, inside, no overflow? (For entries of others.)
bool valid_extents(const std::vector<FileExtent>& extents, uint64_t size);

// Is it unchanged since `earlier` was read, as far as size, mtime, ctime and inode say? (ctime moves with content and metadata.)
bool looks_unchanged(const FileEntry& now, const FileEntry& earlier);

}  // namespace sparekeep
