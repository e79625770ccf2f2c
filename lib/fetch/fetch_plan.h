// Fetches many chunks, pack by pack: each pack once, neighbours in one request, several packs at once, a bounded number of bytes.
#pragma once

#include <map>
#include <unordered_set>
#include <vector>

#include "lib/fetch/chunk_fetcher.h"

namespace sparekeep {

struct WantedChunk {
  uint32_t number = 0;                                // in the chunk table
  ChunkRef chunk;
};

// Takes the chunks as they come. Called from several threads at once, with no order between packs (but see FetchPlan::Way); inside a pack by offset.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual void chunk(uint32_t number, ByteSpan plain) = 0;            // checked; an exception ends the whole fetch
  virtual void failed(uint32_t number, const Error& error) = 0;       // lost or corrupt: the others are carried through
};

// What is wanted of one pack, in the order added.
struct PackPart {
  uint32_t pack = 0;
  std::vector<WantedChunk> wanted;
};

// About 80 bytes a chunk: of a large restore, one stretch of files after the other is planned and fetched.
class FetchPlan {
 public:
  // by_pack: each pack once, whatever the order of its chunks; several are delivered at once. in_order: chunks are delivered one after the other, in the order
  // added as far as that ascends within a pack; what comes next is fetched meanwhile.
  enum class Way { by_pack, in_order };
  explicit FetchPlan(Way way = Way::by_pack) : way_(way) {}

  void add(uint32_t number, const ChunkRef& chunk);                   // the same number again is the same chunk
  void add(FetchPlan other);                                          // all that it holds; of the same way
  Way way() const { return way_; }
  bool empty() const { return parts_.empty(); }
  std::vector<const PackPart*> parts() const;                         // as they are to be fetched

 private:
  PackPart& part_for(const ChunkRef& chunk);

  Way way_;
  std::vector<PackPart> parts_;
  std::map<uint32_t, size_t> of_pack_;                                // by_pack: places in parts_
  std::unordered_set<uint32_t> known_;                                // in_order: numbers that were added
};

// Gives the pack with a number of the list; called from several threads at once.
using PackLookup = std::function<Result<PackEntry>(uint32_t pack)>;

// Several may be under way with one fetcher. Waits for all; each chunk of the plan is given to the sink once, as chunk or as failed.
// By pack: in ascending order of their numbers.
void fetch_all(ChunkFetcher& fetcher, const FetchContext& context, const PackLookup& lookup, const FetchPlan& plan, ChunkSink& sink);

}  // namespace sparekeep
