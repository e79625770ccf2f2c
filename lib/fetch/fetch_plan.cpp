#include "lib/fetch/fetch_plan.h"

#include <algorithm>
#include <tuple>

#include "lib/base/worker_pool.h"
#include "lib/fetch/turns.h"

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
void fetch_pack(ChunkFetcher& fetcher, const PackEntry& pack, PackOrder& order, ChunkSink& sink, Turns::Turn& turn) {
  const ChunkFetcher::Delivery delivery{.chunk = [&](const ChunkRef& chunk, const Bytes& plain) { order.deliver(chunk, plain, sink); },
                                        .begins = [&] { turn.wait(); }};
  const Result<void> fetched = fetcher.fetch(pack, order.chunks(), delivery);
  if (!fetched) order.fail_rest(fetched.error(), sink);
}

}  // namespace

PackPart& FetchPlan::part_for(const ChunkRef& chunk) {
  if (way_ == Way::by_pack) {
    const auto [place, is_new] = of_pack_.try_emplace(chunk.pack, parts_.size());
    if (is_new) parts_.push_back({chunk.pack, {}});
    return parts_[place->second];
  }
  const bool goes_on = !parts_.empty() && parts_.back().pack == chunk.pack && parts_.back().wanted.back().chunk.offset <= chunk.offset;
  if (!goes_on) parts_.push_back({chunk.pack, {}});
  return parts_.back();
}

void FetchPlan::add(uint32_t number, const ChunkRef& chunk) {
  if (way_ == Way::in_order && !known_.insert(number).second) return;
  PackPart& part = part_for(chunk);
  if (!part.wanted.empty() && part.wanted.back().number == number) return;
  part.wanted.push_back({number, chunk});
}

void FetchPlan::add(FetchPlan other) {
  for (const PackPart& part : other.parts_)
    for (const WantedChunk& one : part.wanted) add(one.number, one.chunk);
}

std::vector<const PackPart*> FetchPlan::parts() const {
  std::vector<const PackPart*> parts;
  if (way_ == Way::in_order)
    for (const PackPart& part : parts_) parts.push_back(&part);
  else
    for (const auto& [pack, place] : of_pack_) parts.push_back(&parts_[place]);
  return parts;
}

void fetch_all(ChunkFetcher& fetcher, const FetchContext& context, const PackLookup& lookup, const FetchPlan& plan, ChunkSink& sink) {
  const std::vector<const PackPart*> parts = plan.parts();
  const bool in_order = plan.way() == FetchPlan::Way::in_order;
  Turns admissions(in_order), deliveries(in_order);
  parallel_for(parts.size(), context.options.packs_parallel, [&](size_t i) {
    Turns::Turn admission(admissions, i), delivery(deliveries, i);
    PackOrder order(parts[i]->wanted);
    const Result<PackEntry> pack = lookup(parts[i]->pack);
    if (!pack) return order.fail_rest(pack.error(), sink);
    admission.wait();                                 // else who waits for the turn could hold what the one before it waits for
    const BytesInFlight::Share share(fetcher.in_flight(), 2 * pack->pack_length);   // a rebuild holds the shards and the pack
    admission.pass();
    fetch_pack(fetcher, *pack, order, sink, delivery);
  });
}

}  // namespace sparekeep
