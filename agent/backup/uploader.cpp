#include "agent/backup/uploader.h"

#include <algorithm>

#include "lib/base/caught.h"
#include "lib/vault/places.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kBetweenTries = std::chrono::milliseconds(250);
constexpr size_t kFailuresTold = 4;                // in the text of an error

uint64_t longest_shard(const SealedPack& pack) {
  uint64_t longest = 0;
  for (const SealedShard& shard : pack.shards) longest = std::max<uint64_t>(longest, shard.head.size() + shard.payload.size());
  return longest;
}

Error too_few_places(const Layout& layout, size_t places, const std::vector<std::string>& failures) {
  std::string text = "a pack of layout " + layout.text() + " found room on " + std::to_string(places) + " systems; " + std::to_string(places_needed(layout)) +
                     " are needed at least";
  for (size_t i = 0; i < std::min(failures.size(), kFailuresTold); ++i) text += "; " + failures[i];
  return Error(ErrorKind::failed, text);
}

}  // namespace

struct Uploader::InFlight {
  SealedPack pack;
  uint64_t shard_length = 0;              // as it lies there: head and bytes
  std::vector<HostId> order;              // places not tried yet come after `next`
  size_t next = 0;
  std::vector<HostId> places;             // by index; zero: not stored
  size_t open_shards = 0;
};

Uploader::Uploader(Targets& targets, Clock& clock, Stored stored, UploadOptions options)
    : targets_(targets), clock_(clock), stored_(std::move(stored)), options_(options) {}

Uploader::~Uploader() { stop(); }

void Uploader::stop() {
  give_up(Error(ErrorKind::closed, "the backup has ended"));
  for (auto& [host, lane] : lanes_)                // none comes any more
    if (lane->thread.joinable()) lane->thread.join();
}

void Uploader::put(SealedPack pack) {
  auto item = std::make_shared<InFlight>();
  item->shard_length = longest_shard(pack);
  item->open_shards = pack.shards.size();
  item->places.resize(pack.shards.size());
  item->pack = std::move(pack);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || in_flight_ < options_.packs_in_flight; });
  const PackHeader& header = item->pack.header;
  item->order = targets_.order(header.pack, item->shard_length);
  if (!failure_ && item->order.size() < places_needed(header.layout)) {
    targets_.tell_short(item->shard_length);
    failure_ = too_few_places(header.layout, item->order.size(), targets_.failures());
  }
  if (failure_) {                          // nothing of this pack has left, and those before it are stored whole or not at all
    changed_.wait(lock, [&] { return stopped_ || in_flight_ == 0; });
    throw *failure_;
  }
  sent_bytes_ += header.pack_length;
  ++in_flight_;
  for (unsigned i = 0; i < item->places.size(); ++i) dispatch(item, i);
}

// With the lock held. The next place for a shard, or none left.
void Uploader::dispatch(const std::shared_ptr<InFlight>& pack, unsigned index) {
  if (stopped_) return;
  while (pack->next < pack->order.size()) {
    const HostId host = pack->order[pack->next++];
    Lane* lane = targets_.reserve(host, pack->shard_length) ? lane_of(host) : nullptr;
    if (!lane) continue;
    lane->jobs.push({pack, index, host});
    return;
  }
  if (--pack->open_shards == 0) settle(*pack);
}

// With the lock held. None where no thread is to be had for it: that system has failed then.
Uploader::Lane* Uploader::lane_of(const HostId& host) {
  if (const auto found = lanes_.find(host); found != lanes_.end()) return found->second.get();
  auto lane = std::make_unique<Lane>();
  try {
    lane->thread = std::thread([this, &lane = *lane] { run_lane(lane); });
  } catch (const std::system_error& error) {
    targets_.failed(host, Error(ErrorKind::failed, targets_.name_of(host) + ": no thread to send it anything: " + error.code().message()));
    return nullptr;
  }
  return lanes_.emplace(host, std::move(lane)).first->second.get();
}

void Uploader::run_lane(Lane& lane) {
  while (std::optional<Job> job = lane.jobs.pop()) {
    if (is_stopped()) return;
    if (const Result<void> done = caught([&] { store(*job); }); !done) return give_up(done.error());
  }
}

// Nobody may wait for what no lane will do.
void Uploader::give_up(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!failure_) failure_ = error;
    for (auto& [host, lane] : lanes_) lane->jobs.close();
  }
  changed_.notify_all();
}

bool Uploader::is_stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

// While a fleet is upgraded, all daemons are away for a moment.
Result<void> Uploader::put_patiently(const Job& job) {
  const SealedPack& pack = job.pack->pack;
  const SealedShard& shard = pack.shards[job.index];
  const ShardId id{pack.header.vault, pack.header.pack, pack.header.layout, static_cast<uint8_t>(job.index)};
  const Deadline whole(clock_, options_.shard_limit), patience(clock_, options_.restart_patience);
  while (true) {
    Result<void> put = targets_.store(job.host)->put(id, shard.head, shard.payload, whole);
    if (put || put.error().kind() != ErrorKind::unreachable || patience.passed() || is_stopped()) return put;
    clock_.sleep(kBetweenTries);
  }
}

void Uploader::store(const Job& job) {
  bool stored = false;
  if (targets_.takes_shards(job.host)) {
    const Result<void> put = put_patiently(job);
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
  const bool enough = placed >= places_needed(header.layout);
  if (!enough && !failure_) failure_ = too_few_places(header.layout, placed, targets_.failures());
  if (enough) {
    PackEntry entry{header.pack, header.kind, header.layout, header.pack_length, item.places};
    stored_({std::move(entry), std::move(item.pack.chunks)});
  }
  item.pack = SealedPack();
  --in_flight_;
  changed_.notify_all();
}

void Uploader::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || in_flight_ == 0; });
  if (failure_) throw *failure_;
}

}  // namespace sparekeep::agent
