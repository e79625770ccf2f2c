// The shards of one pack during one fetch: where each may be, which places failed, and what to make of those that are left.
// Each place is asked until it fails once; every failure is a finding, and what speaks of the whole system passes it over.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "lib/fetch/fetch_context.h"
#include "lib/vault/pack_header.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/shard.h"

namespace sparekeep {

class PackSource {                                    // not thread safe
 public:
  PackSource(const FetchContext& context, const PackEntry& pack);

  // From the head of any shard, verified: it is this pack's and the signer's. lost when no shard is to be had.
  Result<PackHeader> header();

  // Fills `to` with bytes of the pack from `offset` on, as the first place that gives any says: not verified, but for their number. lost when
  // no place of a shard they lie in answers; the pack may still be whole(). After an error `to` holds anything.
  Result<void> range(const PackHeader& header, uint64_t offset, MutableSpan to);

  // The same bytes as each place that answers has them, also such as failed as a whole: what is left to try, chunk by chunk, when
  // the pack is lost. With k > 1 a range that crosses slices is one candidate at most.
  std::vector<Bytes> candidates(const PackHeader& header, uint64_t offset, uint64_t length);

  // The whole pack from any k shards, every byte verified. lost, naming the systems whose return would help.
  Result<Bytes> whole(const PackHeader& header);

 private:
  struct Place {
    uint8_t index = 0;
    HostId system;
    auto operator<=>(const Place&) const = default;
  };
  struct Payload {
    uint8_t index = 0;
    Bytes bytes;
  };
  using Try = std::function<Result<void>(ShardStore&, const ShardId&)>;

  ShardId shard(uint8_t index) const { return {context_.vault, pack_.pack, pack_.layout, index}; }
  bool any_copy_does() const { return pack_.layout.data == 1; }
  bool can_ask(const Place& place) const;
  std::vector<Place> places_of(uint8_t index) const;
  std::vector<Place> next_places(const std::vector<Payload>& have) const;
  bool try_places(const std::vector<Place>& places, const Try& attempt);
  Result<void> try_place(const Place& place, const Try& attempt) const;
  void failed(const Place& place, const Error& error);
  std::optional<Bytes> salvage(const Place& place, const PackSlice& slice);
  bool locate();
  bool fill(const PackSlice& slice, MutableSpan to);
  Result<void> check_head(const ShardHead& head, uint8_t index) const;
  std::vector<Payload> fetch_whole(const std::vector<Place>& places, const PackHeader& header);
  Error lost(size_t left) const;

  const FetchContext& context_;
  const PackEntry& pack_;
  std::vector<Place> places_;
  std::map<Place, ErrorKind> failed_;
  bool located_ = false;
};

}  // namespace sparekeep
