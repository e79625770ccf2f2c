#include "lib/fetch/fetch_plan.h"

#include <algorithm>
#include <tuple>

#include "lib/base/worker_pool.h"

namespace sparekeep {

namespace {

// The wanted chunks of one pack: each place once, by offset, with the numbers that it goes by.
class PackOrder {
 public:
  explicit PackOrder(std::vector<WantedChunk> wanted) : wanted_(std::move(wanted)) {
    const auto key = [](const WantedChunk& one) { return std::tuple(one.chunk.offset, one.number); };
    std::sort(wanted_.begin(), wanted_.end(), [&](const WantedChunk& a, const WantedChunk& b) { return key(a) < key(b); });
    const auto same = [&](const WantedChunk& a, const WantedChunk& b) { return key(a) == key(b); };
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end(), same), wanted_.end());
    for (const WantedChunk& one : wanted_)
      if (chunks_.empty() || chunks_.back().offset != one.chunk.offset) chunks_.push_back(one.chunk);
  }

  const std::vector<ChunkRef>& chunks() const { return chunks_; }

  void deliver(const ChunkRef& chunk, ByteSpan plain, ChunkSink& sink) {   // to every number it has
    while (wanted_[next_].chunk.offset < chunk.offset) passed_by_.push_back(wanted_[next_++].number);
    while (next_ < wanted_.size() && wanted_[next_].chunk.offset == chunk.offset) sink.chunk(wanted_[next_++].number, plain);
  }

  void fail_rest(const Error& error, ChunkSink& sink) {                 // what was not delivered
    for (; next_ < wanted_.size(); ++next_) passed_by_.push_back(wanted_[next_].number);
    for (const uint32_t number : passed_by_) sink.failed(number, error);
  }

 private:
  std::vector<WantedChunk> wanted_;
  std::vector<ChunkRef> chunks_;
  std::vector<uint32_t> passed_by_;
  size_t next_ = 0;
};

// Chunks that were passed by fail for the same reason, which is known at the end only.
void fetch_pack(ChunkFetcher& fetcher, const PackEntry& pack, PackOrder& order, ChunkSink& sink) {
  const auto deliver = [&](const ChunkRef& chunk, const Bytes& plain) { order.deliver(chunk, plain, sink); };
  const Result<void> fetched = fetcher.fetch(pack, order.chunks(), deliver);
  if (!fetched) order.fail_rest(fetched.error(), sink);
}

}  // namespace

void FetchPlan::add(uint32_t number, const ChunkRef& chunk) {
  std::vector<WantedChunk>& pack = packs_[chunk.pack];
  if (!pack.empty() && pack.back().number == number) return;
  pack.push_back({number, chunk});
  sealed_bytes_ += chunk.sealed_length;
}

void FetchPlan::add(FetchPlan other) {
  sealed_bytes_ += other.sealed_bytes_;
  packs_.merge(other.packs_);                         // what is left there is of packs that are here, too
  for (const auto& [number, chunks] : other.packs_) packs_[number].insert(packs_[number].end(), chunks.begin(), chunks.end());
}

void fetch_all(ChunkFetcher& fetcher, const FetchContext& context, const PackLookup& lookup, const FetchPlan& plan, ChunkSink& sink) {
  std::vector<uint32_t> numbers;
  for (const auto& [number, wanted] : plan.packs()) numbers.push_back(number);
  parallel_for(numbers.size(), context.options.packs_parallel, [&](size_t i) {
    PackOrder order(plan.packs().at(numbers[i]));
    const Result<PackEntry> pack = lookup(numbers[i]);
    if (!pack) return order.fail_rest(pack.error(), sink);
    const BytesInFlight::Share share(fetcher.in_flight(), 2 * pack->pack_length);   // a rebuild holds the shards and the pack
    fetch_pack(fetcher, *pack, order, sink);
  });
}

}  // namespace sparekeep
