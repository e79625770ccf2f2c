// How much this daemon may still store: real bytes, after `keep_free` and `quota`. Whoever writes reserves first, so that
// requests at the same time cannot together go over a limit; a reserve of inodes and bytes always stays, so that a full
// disk can still be tidied up. What lies elsewhere than the shards (the small objects of vaults) counts under the same quota, and leaves
// `keep_free` free where it is the same file system; on another one a fixed reserve. Shards leave them some room: a system that is full of
// shards still takes the records that name them, or they would be pinned by nobody.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "lib/base/files.h"

namespace sparekeep::daemon {

struct KeepFree {
  uint64_t bytes = 0;
  unsigned percent = 0;                    // of the file system; the larger of the two holds
  bool operator==(const KeepFree&) const = default;
};

struct SpaceLimits {
  KeepFree keep_free;
  std::optional<uint64_t> quota_bytes;
};

struct SpaceFacts {
  uint64_t capacity_bytes = 0;             // of the file system, or the quota where that is less; 0: nothing can be written
  uint64_t available_bytes = 0;            // of shards that may still be stored
  uint64_t stored_bytes = 0;
  uint64_t available_inodes = 0;
};

class Space {
 public:
  Space(Path folder, SpaceLimits limits) : folder_(std::move(folder)), limits_(limits) {}
  void limit(const SpaceLimits& limits);   // from now on; what is stored already stays

  // Counts what lies there already, or what was added and removed, in allocated bytes.
  void add_stored(uint64_t bytes) { stored_ += bytes; }
  void remove_stored(uint64_t bytes) { stored_ -= bytes; }
  uint64_t stored_bytes() const { return stored_; }

  Result<SpaceFacts> facts() const;

  class Reservation {
   public:
    Reservation(Space& space, uint64_t bytes) : space_(&space), bytes_(bytes) {}
    Reservation(Reservation&& other) noexcept : space_(std::exchange(other.space_, nullptr)), bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();
    void stored(uint64_t bytes);           // the write is durable: what was reserved is now counted as stored

   private:
    Space* space_;
    uint64_t bytes_;
  };

  // no_space, saying which limit: the text goes to whoever wanted to store.
  Result<Reservation> reserve(uint64_t bytes);                             // for a shard
  Result<Reservation> reserve_in(const Path& folder, uint64_t bytes);      // for a small object in a folder elsewhere

 private:
  SpaceLimits limits() const;
  Result<SpaceFacts> facts_of_all() const;                                 // what shards leave to objects is available, too
  Result<uint64_t> available_in(const Path& folder) const;
  Result<Reservation> reserve_of(const Result<uint64_t>& available, uint64_t bytes);
  const Path folder_;
  mutable std::mutex limits_mutex_;
  SpaceLimits limits_;
  std::mutex mutex_;
  std::atomic<uint64_t> stored_{0};
  std::atomic<uint64_t> reserved_{0};
};

}  // namespace sparekeep::daemon
