// Metadata of one open file, both directions, by descriptor only: read_metadata and write_metadata never resolve a name, so
// nobody can put another file in the way, and no path is too long.
//
// libarchive gives the sparse map (FIEMAP, or SEEK_HOLE where that is missing) and the names of file flags. Extended attributes
// and POSIX ACLs go by the kernel's own calls: libarchive reads them by descriptor for regular files only, and its
// archive_write_disk, which sets everything, can not be used on a file that stands already (it unlinks it), makes a socket a
// regular file, sets the immutable flag by name after our rename has changed the name, and changes the umask of the process.
//
// A descriptor is open for reading for regular files and directories, and O_PATH for every other kind (they are never opened);
// for those the calls go by /proc/self/fd, which is needed.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/base/account_names.h"
#include "lib/base/file_entry.h"

namespace sparekeep {

struct ReadMetadata {
  FileEntry entry;                    // its path is empty, and so is hard_link
  std::vector<std::string> problems;  // parts that could not be read, each named; the rest of the entry is good
};

// Sets what stat(2) alone says of a file: no path, names of owners, link target, attributes, flags or extents. false: its kind is not known, and
// nothing is set.
bool set_from_stat(FileEntry& entry, const struct stat& facts);

// Everything about the file behind `fd`. Error: the file itself can not be examined, or its kind is not known.
Result<ReadMetadata> read_metadata(int fd, AccountNames& names);

struct MetadataOptions {
  bool numeric_owner = false;  // false: by name, then by number where the name is not known here
  bool owner = true;           // false: as an ordinary user, who may give nothing away
  bool flags = true;           // false: left out now, for write_flags() after a rename
  bool plain = false;          // true: is_plain() is known to be so, and is not asked
};

struct Owner {
  uint32_t uid = 0;
  uint32_t gid = 0;
  bool operator==(const Owner&) const = default;
};

// Who owns the entry on this machine.
Owner owner_here(const FileEntry& entry, const MetadataOptions& options, AccountNames& names);

// The mode that the file may have while `standing` owns it and not `wanted`: a setuid program of another is never made one's own.
uint32_t mode_for_owner(const FileEntry& entry, Owner wanted, Owner standing);

// Makes the metadata of the file behind `fd` that of `entry`: owner, attributes and ACLs (others are removed), mode, times, flags, in
// this order (chown drops setuid and capabilities; the immutable flag forbids the rest). What is not allowed or not known to
// this file system is a warning in the result, each naming its part; nothing else is skipped because of it. Repeatable.
std::vector<std::string> write_metadata(int fd, const FileEntry& entry, const MetadataOptions& options, AccountNames& names);

// Has the file no extended attributes (but labels of this machine), ACLs or named flags? So are most files that have just been made.
bool is_plain(int fd);

// Sets the file flags alone; also a repeatable step. clear_flags() removes those that forbid any change (immutable, append-only).
std::vector<std::string> write_flags(int fd, const FileEntry& entry);
Result<void> clear_flags(int fd);

}  // namespace sparekeep
