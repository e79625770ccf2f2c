// Stores packs: each shard on a system of its own, all at once, in the order that placement prefers. A system that fails is
// replaced on the spot by the next one; one whose daemon is gone has a moment to come back. A pack is stored when each of its shards is
// durable somewhere; with fewer, but at least k + 1 places, it is stored below its redundancy; under that the backup fails. Where that
// is seen before, nothing of the pack is sent; what is under way then is stored first, so that the next run need not send it again.
// Memory: at most `packs_in_flight` packs.
#pragma once

#include <condition_variable>
#include <memory>
#include <thread>

#include "agent/backup/known_chunks.h"
#include "agent/backup/targets.h"
#include "lib/base/queue.h"
#include "lib/vault/pack_writer.h"

namespace sparekeep::agent {

struct UploadOptions {
  size_t packs_in_flight = 2;
  Duration shard_limit = std::chrono::seconds(300);      // a system with much to do may ask to come again; a silent one is found sooner
  Duration restart_patience = std::chrono::seconds(10);  // with a system whose daemon does not listen: it may be upgraded just now
};

class Uploader {
 public:
  using Stored = std::function<void(StoredPack pack)>;    // called once a pack, under the uploader's own lock

  Uploader(Targets& targets, Clock& clock, Stored stored, UploadOptions options = {});
  ~Uploader();

  void put(SealedPack pack);              // waits for room; throws the failure of an earlier pack
  void finish();                          // waits until every pack is stored; throws
  void stop();                            // drops what waits, and waits for the shards under way: `stored` is not called after it
  uint64_t sent_bytes() const { return sent_bytes_; }      // of packs, before redundancy

 private:
  struct InFlight;
  struct Job {
    std::shared_ptr<InFlight> pack;
    unsigned index = 0;
    HostId host;
  };
  struct Lane {
    BoundedQueue<Job> jobs{64};
    std::thread thread;
  };
  void dispatch(const std::shared_ptr<InFlight>& pack, unsigned index);
  void run_lane(Lane& lane);
  void store(const Job& job);
  Result<void> put_patiently(const Job& job);
  bool is_stopped();
  void done(const Job& job, bool stored);
  void settle(InFlight& pack);
  Lane* lane_of(const HostId& host);
  void give_up(const Error& error);

  Targets& targets_;
  Clock& clock_;
  const Stored stored_;
  const UploadOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t in_flight_ = 0;
  std::optional<Error> failure_;
  bool stopped_ = false;                  // no lane takes a job any more, and none is made
  std::atomic<uint64_t> sent_bytes_{0};
  std::map<HostId, std::unique_ptr<Lane>> lanes_;
};

}  // namespace sparekeep::agent
