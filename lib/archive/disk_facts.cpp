#include "lib/archive/disk_facts.h"

#include <archive.h>
#include <archive_entry.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

struct CloseArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
  void operator()(archive_entry* handle) const { archive_entry_free(handle); }
};
using DiskArchive = std::unique_ptr<archive, CloseArchive>;
using ArchiveEntry = std::unique_ptr<archive_entry, CloseArchive>;

// Flags that say what somebody wants of a file; the others describe how the file system keeps it (extents, inline data).
constexpr unsigned long kNamedFlags = FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL |
                                      FS_NOATIME_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_NOCOW_FL |
                                      FS_PROJINHERIT_FL;
constexpr unsigned long kProtectingFlags = FS_IMMUTABLE_FL | FS_APPEND_FL;
constexpr std::string_view kDaxName = "dax";   // FS_DAX_FL: libarchive has no name for it
constexpr uint64_t kStatBlockBytes = 512;

// The call writes an int, whatever its declared type says.
Result<unsigned long> flag_bits(int fd) {
  int bits = 0;
  if (::ioctl(fd, FS_IOC_GETFLAGS, &bits) != 0) return system_error("reading file flags", errno);
  return static_cast<unsigned int>(bits);
}

Result<void> set_flag_bits(int fd, unsigned long bits) {
  const int value = static_cast<int>(bits);
  if (::ioctl(fd, FS_IOC_SETFLAGS, &value) != 0) return system_error("setting file flags", errno);
  return {};
}

// One call sets them all, so where a file system refuses `dax` the others are set without it, and the error is of `dax` alone.
Result<void> set_flags_with_dax(int fd, unsigned long standing, unsigned long bits) {
  const Result<void> all = set_flag_bits(fd, bits);
  const unsigned long dax = (standing ^ bits) & FS_DAX_FL;
  if (all || dax == 0) return all;
  const Result<void> others = (bits ^ dax) == standing ? Result<void>() : set_flag_bits(fd, bits ^ dax);
  return others ? all.error().during("the flag " + in_quotes(kDaxName)) : others;
}

// Ascending and merged where they touch, cut at the end of the file.
std::vector<FileExtent> merged(archive_entry* entry, uint64_t size) {
  std::vector<FileExtent> extents;
  archive_entry_sparse_reset(entry);
  la_int64_t offset = 0, length = 0;
  while (archive_entry_sparse_next(entry, &offset, &length) == ARCHIVE_OK) {
    const uint64_t begin = std::min(static_cast<uint64_t>(offset), size);
    const uint64_t bytes = std::min(static_cast<uint64_t>(length), size - begin);
    if (bytes == 0) continue;
    if (!extents.empty() && extents.back().offset + extents.back().length == begin) extents.back().length += bytes;
    else extents.push_back({begin, bytes});
  }
  return extents;
}

bool is_all_hole(int fd) { return ::lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO; }

}  // namespace

std::string read_flags(int fd) {
  const Result<unsigned long> bits = flag_bits(fd);
  if (!bits || (*bits & (kNamedFlags | FS_DAX_FL)) == 0) return {};
  const ArchiveEntry entry(archive_entry_new());
  archive_entry_set_fflags(entry.get(), *bits & kNamedFlags, 0);
  const char* text = archive_entry_fflags_text(entry.get());
  std::string names = text ? text : "";
  if ((*bits & FS_DAX_FL) != 0) names += (names.empty() ? "" : ",") + std::string(kDaxName);
  return names;
}

Result<void> set_flags(int fd, const std::string& flags) {
  std::vector<std::string> names = flags.empty() ? std::vector<std::string>() : split_text(flags, ',');
  const unsigned long dax = std::erase(names, kDaxName) > 0 ? FS_DAX_FL : 0;
  const ArchiveEntry entry(archive_entry_new());
  const std::string text = joined(names, ",");
  const char* unknown = archive_entry_copy_fflags_text(entry.get(), text.c_str());   // a part of it
  if (unknown) return Error(ErrorKind::unsupported, "file flags " + in_quotes(unknown) + " are not known here");
  unsigned long wanted = 0, cleared = 0;
  archive_entry_fflags(entry.get(), &wanted, &cleared);
  const Result<unsigned long> standing = flag_bits(fd);
  if (!standing) return flags.empty() ? Result<void>() : standing.error();
  const unsigned long bits = (*standing & ~(kNamedFlags | FS_DAX_FL)) | (wanted & kNamedFlags) | dax;
  return bits == *standing ? Result<void>() : set_flags_with_dax(fd, *standing, bits);
}

Result<void> clear_protection(int fd) {
  const Result<unsigned long> standing = flag_bits(fd);
  if (!standing) return standing.error();
  if ((*standing & kProtectingFlags) == 0) return {};
  return set_flag_bits(fd, *standing & ~kProtectingFlags);
}

bool may_have_holes(const struct stat& facts) { return static_cast<uint64_t>(facts.st_blocks) * kStatBlockBytes < static_cast<uint64_t>(facts.st_size); }

Result<std::vector<FileExtent>> read_extents(int fd, const struct stat& facts) {
  const auto size = static_cast<uint64_t>(facts.st_size);
  if (!may_have_holes(facts)) return std::vector<FileExtent>{};
  if (is_all_hole(fd)) return std::vector<FileExtent>{{size, 0}};
  const DiskArchive disk(archive_read_disk_new());
  archive_read_disk_set_behavior(disk.get(), ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_FFLAGS);
  const ArchiveEntry entry(archive_entry_new());
  if (archive_read_disk_entry_from_file(disk.get(), entry.get(), fd, &facts) != ARCHIVE_OK)
    return system_error("reading the map of holes", archive_errno(disk.get()) > 0 ? archive_errno(disk.get()) : EIO);
  std::vector<FileExtent> extents = merged(entry.get(), size);
  if (extents.size() == 1 && extents[0] == FileExtent{0, size}) extents.clear();
  ::lseek(fd, 0, SEEK_SET);
  return extents;
}

}  // namespace sparekeep
