// The shards of a daemon as files: FOLDER/VAULT/PP/PACK.k.m.index (docs/format.md, "On a daemon"). Put if absent: what has
// been verified and made durable is never replaced by anything else. The marker file says that the right disk is mounted:
// without it nothing is opened, rather than filling the root file system. The folder is held open, so that nobody unmounts the disk by
// mistake; what is said of a shard is asked of the open folder, whatever is mounted at its path. Where that is another one (a disk that was
// unmounted by force), nothing is taken, as it would be hidden later, until a disk with the marker is there again.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "daemon/shards/space.h"
#include "lib/base/durable_folders.h"
#include "lib/vault/shard.h"

namespace sparekeep::daemon {

constexpr std::string_view kMarkerName = ".sparekeep-storage";
constexpr std::string_view kGraceName = "grace";

class ShardDirectory {
 public:
  // Makes the marker. Called once, by `sparekeepd prepare-storage` at install; exists when a marker of another host is there.
  static Result<void> prepare(const Path& folder, const HostId& host);

  // Checks the marker and counts what is there, the grace area too. denied: no marker, or another host's. Changes nothing.
  ShardDirectory(Path folder, const HostId& host, SpaceLimits limits);

  void remove_leftovers();                             // of interrupted writes; by the one daemon that serves, before it does

  enum class Put { created, already_there };
  using Verified = std::function<void()>;

  // Verifies everything against `signer`, then writes durably. corrupt, no_space; exists when other, good bytes have this name, whatever their length.
  // What is damaged under this name, or no file, is replaced: only bytes that verify can have it; what cannot be read now stays (failed).
  // `verified` is called before anything has the name. no_space, too, while the disk is not mounted at its folder.
  Result<Put> put(ByteSpan object, const VaultId& vault, const ShardId& id, const PublicKey& signer, const Verified& verified = [] {});

  // Is it here with the size that it has to have? By its size alone, without a byte of it; the other one finds that in the shard's head.
  bool holds(const ShardId& id, uint64_t size) const;
  bool holds(const ShardId& id) const;
  bool names(const ShardId& id) const;                 // something has its name here, whole or not
  size_t count() const;
  size_t count(const VaultId& vault) const;

  struct Opened {
    Descriptor file;
    uint64_t size = 0;                     // of the whole object
    uint64_t head_size = 0;
  };
  Result<Opened> open(const ShardId& id) const;        // not_found; the bytes are not verified here, whoever reads does that

  // Moves a shard to the grace area. not_found.
  Result<void> remove_to_grace(const ShardId& id);

  std::vector<ShardId> shards_of(const VaultId& vault) const;
  Result<SpaceFacts> space() const;                    // no capacity and nothing available while the disk is not mounted at its folder

  // Now and then: says that the disk is gone from its folder, or there again; takes one with the marker for it.
  void look_for_disk();

  Space& room() { return space_; }                     // for what lies beside the shards and counts with them

 private:
  static Result<Descriptor> open_folder(const Path& folder, const HostId& host);
  void scan();
  Result<void> in_place() const;
  std::optional<struct stat> facts_of(const ShardId& id) const;
  bool is_on_disk(const ShardId& id, uint64_t size) const;
  uint32_t allocated_blocks(const ShardId& id) const;
  uint64_t counted_bytes(const ShardId& id) const;
  Result<Put> put_new(ByteSpan object, const ShardId& id, const PublicKey& signer, const Verified& verified);
  Path path_of(const ShardId& id) const { return folder_ / id.path(); }
  Result<Put> put_over(ByteSpan object, const ShardId& id, const PublicKey& signer);
  Result<void> replace(ByteSpan object, const ShardId& id);
  Result<Space::Reservation> room_for(ByteSpan object, const ShardId& id);
  void count(const ShardId& id, Space::Reservation& room);
  Result<void> set_folder_aside(const ShardId& id);
  Result<void> write(ByteSpan object, const ShardId& id, bool replace);

  const Path folder_;
  const HostId host_;
  const Descriptor disk_;                              // the open folder; look_for_disk() may put another one under its number
  DurableFolders folders_;
  Space space_;
  mutable std::shared_mutex mutex_;
  std::mutex over_mutex_;                              // one at a time judges what stands and takes its place, and holds all of it in memory
  std::unordered_map<ShardId, uint32_t> held_;         // allocated blocks of 512 bytes
  uint64_t grace_blocks_ = 0;
  std::atomic<bool> is_gone_{false};                   // was said
};

}  // namespace sparekeep::daemon
