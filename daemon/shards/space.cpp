#include "daemon/shards/space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kStateBytesKept = 64 << 20;     // of another file system than that of the shards
constexpr uint64_t kObjectBytesKept = 64 << 20;    // that shards leave to the small objects, or this part of a smaller whole:
constexpr uint64_t kObjectPartKept = 32;
constexpr uint64_t kInodesKept = 64;               // for the index, its journal, and folders

uint64_t less(uint64_t value, uint64_t by) { return value > by ? value - by : 0; }

Result<struct statvfs> disk_of(const Path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return system_error("asking for space below " + in_quotes(folder.native()), errno);
  return disk;
}

bool on_one_disk(const Path& one, const Path& other) {
  struct stat first {}, second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev;
}

}  // namespace

void Space::limit(const SpaceLimits& limits) {
  const std::lock_guard lock(limits_mutex_);
  limits_ = limits;
}

SpaceLimits Space::limits() const {
  const std::lock_guard lock(limits_mutex_);
  return limits_;
}

Result<SpaceFacts> Space::facts() const {
  Result<SpaceFacts> all = facts_of_all();
  if (all) all->available_bytes = less(all->available_bytes, std::min(kObjectBytesKept, all->capacity_bytes / kObjectPartKept));
  return all;
}

Result<SpaceFacts> Space::facts_of_all() const {
  const Result<struct statvfs> asked = disk_of(folder_);
  if (!asked) return asked.error();
  const struct statvfs& disk = *asked;
  const uint64_t size = uint64_t{disk.f_blocks} * disk.f_frsize;
  const auto [keep_free, quota_bytes] = limits();
  const uint64_t kept = std::max(keep_free.bytes, size / 100 * keep_free.percent);
  const uint64_t taken = stored_ + reserved_;
  SpaceFacts facts{.capacity_bytes = size, .stored_bytes = stored_, .available_inodes = disk.f_favail};
  facts.available_bytes = less(uint64_t{disk.f_bavail} * disk.f_frsize, kept + reserved_);
  if (quota_bytes) {
    facts.capacity_bytes = std::min(size, *quota_bytes);
    facts.available_bytes = std::min(facts.available_bytes, less(*quota_bytes, taken));
  }
  if (disk.f_files > 0 && disk.f_favail <= kInodesKept) facts.available_bytes = 0;
  if (::access(folder_.c_str(), W_OK) != 0) facts.capacity_bytes = facts.available_bytes = 0;      // read-only, as a kernel makes it after a fault
  return facts;
}

Result<uint64_t> Space::available_in(const Path& folder) const {
  if (on_one_disk(folder, folder_)) {
    const Result<SpaceFacts> now = facts_of_all();
    return now ? Result<uint64_t>(now->available_bytes) : now.error();
  }
  const Result<struct statvfs> disk = disk_of(folder);
  if (!disk) return disk.error();
  if (disk->f_files > 0 && disk->f_favail <= kInodesKept) return uint64_t{0};
  const uint64_t free_there = less(uint64_t{disk->f_bavail} * disk->f_frsize, kStateBytesKept + reserved_);
  const std::optional<uint64_t> quota = limits().quota_bytes;
  return quota ? std::min(free_there, less(*quota, stored_ + reserved_)) : free_there;
}

Result<Space::Reservation> Space::reserve(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const Result<SpaceFacts> now = facts();
  return reserve_of(now ? Result<uint64_t>(now->available_bytes) : now.error(), bytes);
}

Result<Space::Reservation> Space::reserve_in(const Path& folder, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  return reserve_of(available_in(folder), bytes);
}

Result<Space::Reservation> Space::reserve_of(const Result<uint64_t>& available, uint64_t bytes) {
  if (!available) return available.error();
  if (*available < bytes)
    return Error(ErrorKind::no_space, "no room for " + format_size(bytes) + ": " + format_size(*available) + " available after quota and keep_free");
  reserved_ += bytes;
  return Reservation(*this, bytes);
}

Space::Reservation::~Reservation() {
  if (space_) space_->reserved_ -= bytes_;
}

void Space::Reservation::stored(uint64_t bytes) { space_->add_stored(bytes); }

}  // namespace sparekeep::daemon
