#include "agent/backup/uploader.h"

#include "agent/backup/redundancy.h"

namespace sparekeep::agent {

struct Uploader::InFlight {
  SealedPack pack;
  std::vector<HostId> order;              // places not tried yet come after `next`
  size_t next = 0;
  std::vector<HostId> places;             // by index; zero: not stored
  size_t open_shards = 0;
};

Uploader::Uploader(Targets& targets, Clock& clock, Stored stored, UploadOptions options)
    : targets_(targets), clock_(clock), stored_(std::move(stored)), options_(options) {}

Uploader::~Uploader() { stop(); }

void Uploader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!failure_) failure_ = Error(ErrorKind::closed, "the backup has ended");
    for (auto& [host, lane] : lanes_) lane->jobs.close();
  }
  changed_.notify_all();
  for (auto& [host, lane] : lanes_)                // none comes any more
    if (lane->thread.joinable()) lane->thread.join();
}

void Uploader::put(SealedPack pack) {
  auto item = std::make_shared<InFlight>();
  item->order = targets_.order(pack.header.pack, pack.header.shard_length);
  item->open_shards = pack.shards.size();
  item->places.resize(pack.shards.size());
  sent_bytes_ += pack.header.pack_length;
  item->pack = std::move(pack);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || in_flight_ < options_.packs_in_flight; });
  if (failure_) throw *failure_;
  ++in_flight_;
  for (unsigned i = 0; i < item->places.size(); ++i) dispatch(item, i);
}

// With the lock held. The next place for a shard, or none left.
void Uploader::dispatch(const std::shared_ptr<InFlight>& pack, unsigned index) {
  if (stopped_) return;
  while (pack->next < pack->order.size() && !targets_.takes_shards(pack->order[pack->next])) ++pack->next;
  if (pack->next == pack->order.size()) {
    if (--pack->open_shards == 0) settle(*pack);
    return;
  }
  const HostId host = pack->order[pack->next++];
  lane_of(host).jobs.push({pack, index, host});
}

Uploader::Lane& Uploader::lane_of(const HostId& host) {
  std::unique_ptr<Lane>& lane = lanes_[host];
  if (!lane) {
    lane = std::make_unique<Lane>();
    lane->thread = std::thread([this, &lane = *lane] { run_lane(lane); });
  }
  return *lane;
}

void Uploader::run_lane(Lane& lane) {
  while (std::optional<Job> job = lane.jobs.pop()) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
    store(*job);
  }
}

void Uploader::store(const Job& job) {
  const SealedPack& pack = job.pack->pack;
  const ShardId id{pack.header.vault, pack.header.pack, pack.header.layout, static_cast<uint8_t>(job.index)};
  bool stored = false;
  if (targets_.takes_shards(job.host)) {
    const SealedShard& shard = pack.shards[job.index];
    const Result<void> put = targets_.store(job.host)->put(id, shard.head, shard.payload, Deadline(clock_, options_.shard_limit));
    stored = put.has_value();
    if (!put && put.error().kind() != ErrorKind::exists) targets_.failed(job.host, put.error());   // exists: the matter of this shard alone
  }
  done(job, stored);
}

void Uploader::done(const Job& job, bool stored) {
  const std::lock_guard lock(mutex_);
  if (!stored) return dispatch(job.pack, job.index);
  job.pack->places[job.index] = job.host;
  if (--job.pack->open_shards == 0) settle(*job.pack);
}

// With the lock held: every shard has a place or has run out of them.
void Uploader::settle(InFlight& item) {
  const PackHeader& header = item.pack.header;
  size_t placed = 0;
  for (const HostId& place : item.places) placed += place.is_zero() ? 0 : 1;
  const size_t needed = places_needed(header.layout);
  if (placed < needed && !failure_)
    failure_ = Error(ErrorKind::failed, "a pack of layout " + header.layout.text() + " found room on " + std::to_string(placed) + " systems; " +
                                            std::to_string(needed) + " are needed at least");
  if (placed >= needed) {
    PackEntry entry{header.pack, header.kind, header.layout, header.pack_length, item.places};
    stored_({std::move(entry), std::move(item.pack.chunks)});
  }
  item.pack = SealedPack();
  --in_flight_;
  changed_.notify_all();
}

void Uploader::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return in_flight_ == 0; });
  if (failure_) throw *failure_;
}

}  // namespace sparekeep::agent
