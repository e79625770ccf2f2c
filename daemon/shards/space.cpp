#include "daemon/shards/space.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kInodesKept = 64;               // for the index, its journal, and folders

uint64_t less(uint64_t value, uint64_t by) { return value > by ? value - by : 0; }

}  // namespace

Result<SpaceFacts> Space::facts() const {
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0) return system_error("asking for space below " + in_quotes(folder_.native()), errno);
  const uint64_t size = uint64_t{disk.f_blocks} * disk.f_frsize;
  const uint64_t kept = std::max(limits_.keep_free.bytes, size / 100 * limits_.keep_free.percent);
  const uint64_t taken = stored_ + reserved_;
  SpaceFacts facts{.capacity_bytes = size, .stored_bytes = stored_, .available_inodes = disk.f_favail};
  facts.available_bytes = less(uint64_t{disk.f_bavail} * disk.f_frsize, kept + reserved_);
  if (limits_.quota_bytes) {
    facts.capacity_bytes = std::min(size, *limits_.quota_bytes);
    facts.available_bytes = std::min(facts.available_bytes, less(*limits_.quota_bytes, taken));
  }
  if (disk.f_files > 0 && disk.f_favail <= kInodesKept) facts.available_bytes = 0;
  return facts;
}

Result<Space::Reservation> Space::reserve(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const Result<SpaceFacts> now = facts();
  if (!now) return now.error();
  if (now->available_bytes < bytes)
    return Error(ErrorKind::no_space, "no room for " + format_size(bytes) + ": " + format_size(now->available_bytes) +
                                          " available after quota and keep_free");
  reserved_ += bytes;
  return Reservation(*this, bytes);
}

Space::Reservation::~Reservation() {
  if (space_) space_->reserved_ -= bytes_;
}

void Space::Reservation::stored(uint64_t bytes) { space_->add_stored(bytes); }

}  // namespace sparekeep::daemon
