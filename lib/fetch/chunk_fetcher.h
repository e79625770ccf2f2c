// Fetches chunks of one pack at a time and believes nobody.
//
// With every system healthy a chunk is one range request to a data shard, two where it crosses a slice (the pack's header is one
// more, once a pack). Checked: the header's signature and that it is the pack asked for, the tag, the chunk's id (FetchOptions::data_ids). Where a data
// shard is missing, late or wrong, any k shards are fetched whole, their blocks compared with the signed header, the pack
// rebuilt and its id verified. A bad shard is a missing one, and is named in the findings. The last packs that were rebuilt are kept: neighbours of what was
// asked for are asked for next.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>

#include "lib/base/spare_buffers.h"
#include "lib/fetch/bounded_cache.h"
#include "lib/fetch/bytes_in_flight.h"
#include "lib/fetch/fetch_context.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/pack_reader.h"

namespace sparekeep {

// What goes round between the packs that are fetched at once.
struct FetchMemory {
  explicit FetchMemory(size_t packs) : windows(packs, 1 << 20), chunks(2 * packs, 64 << 10) {}
  SpareBuffers windows;                               // into packs
  SpareBuffers chunks;                                // one by one: as they come out of a window, and expanded
  BoundedCache<Bytes, PackId> rebuilt{40 << 20};      // two packs
};

class ChunkFetcher {                                  // thread safe
 public:
  ChunkFetcher(const FetchContext& context, const PackKeys& keys);   // keys of the kind of packs it will be asked for

  // On the caller's thread.
  struct Delivery {
    std::function<void(const ChunkRef& chunk, Bytes& plain)> chunk;   // each wanted one in the order of `wanted`. What is left in `plain` serves the next one
    std::function<void()> begins{};                   // once bytes of the pack are at hand, before any chunk is opened; may be called again
  };

  // `wanted`: chunks of this pack by ascending offset. lost: fewer than k shards are left, naming the pack and the systems whose
  // return would help. corrupt: the pack is whole but a chunk is not what the table says. What was delivered is good in either
  // case, and is all that can be had: the chunks passed by are the lost ones.
  Result<void> fetch(const PackEntry& pack, std::span<const ChunkRef> wanted, const Delivery& delivery);

  // What all packs that are being fetched with it hold at once.
  BytesInFlight& in_flight() { return in_flight_; }

  Result<Bytes> fetch_one(const PackEntry& pack, const ChunkRef& wanted);

 private:
  Result<PackHeader> header_of(class PackSource& source, const PackEntry& pack);
  const FetchContext& context_;
  const PackKeys& keys_;
  BytesInFlight in_flight_;
  FetchMemory memory_;
  std::mutex mutex_;
  std::list<PackHeader> headers_;                     // the last kHeadersMax, newest first
};

}  // namespace sparekeep
