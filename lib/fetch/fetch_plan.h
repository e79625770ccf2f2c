// Fetches many chunks, pack by pack: each pack once, neighbours in one request, several packs at once, a bounded number of bytes.
#pragma once

#include <map>
#include <vector>

#include "lib/fetch/chunk_fetcher.h"

namespace sparekeep {

struct WantedChunk {
  uint32_t number = 0;                                // in the chunk table
  ChunkRef chunk;
};

// Takes the chunks as they come. Called from several threads at once, with no order between packs; inside a pack by offset.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual void chunk(uint32_t number, ByteSpan plain) = 0;            // checked; an exception ends the whole fetch
  virtual void failed(uint32_t number, const Error& error) = 0;       // lost or corrupt: the others are carried through
};

// About 80 bytes a chunk: of a large restore, one stretch of files after the other is planned and fetched.
class FetchPlan {
 public:
  void add(uint32_t number, const ChunkRef& chunk);                   // the same number again is the same chunk
  void add(FetchPlan other);                                          // all that it holds
  bool empty() const { return packs_.empty(); }
  uint64_t sealed_bytes() const { return sealed_bytes_; }             // of all that was added, repeats included
  const std::map<uint32_t, std::vector<WantedChunk>>& packs() const { return packs_; }   // by pack number, in the order added

 private:
  std::map<uint32_t, std::vector<WantedChunk>> packs_;
  uint64_t sealed_bytes_ = 0;
};

// Gives the pack with a number of the list; called from several threads at once.
using PackLookup = std::function<Result<PackEntry>(uint32_t pack)>;

// Several may be under way with one fetcher. Waits for all; each chunk of the plan is given to the sink once, as chunk or as failed. Packs in ascending order of number.
void fetch_all(ChunkFetcher& fetcher, const FetchContext& context, const PackLookup& lookup, const FetchPlan& plan, ChunkSink& sink);

}  // namespace sparekeep
