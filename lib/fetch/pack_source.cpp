#include "lib/fetch/pack_source.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lib/base/text.h"
#include "lib/base/worker_pool.h"
#include "lib/vault/pack_reader.h"

namespace sparekeep {

PackSource::PackSource(const FetchContext& context, const PackEntry& pack) : context_(context), pack_(pack) {
  for (size_t i = 0; i < pack.places.size(); ++i)
    if (!pack.places[i].is_zero()) places_.push_back({static_cast<uint8_t>(i), pack.places[i]});
}

bool PackSource::can_ask(const Place& place) const {
  return !failed_.contains(place) && context_.systems.usable(place.system) != nullptr;
}

std::vector<PackSource::Place> PackSource::places_of(uint8_t index) const {
  std::vector<Place> places;
  for (const Place& place : places_)
    if ((place.index == index || any_copy_does()) && can_ask(place)) places.push_back(place);
  return places;
}

Result<void> PackSource::try_place(const Place& place, const Try& attempt) const {
  ShardStore* store = context_.systems.usable(place.system);
  if (!store) return context_.systems.reason(place.system).value_or(Error(ErrorKind::unreachable, "it was passed over"));
  return attempt(*store, shard(place.index));
}

void PackSource::failed(const Place& place, const Error& error) {
  failed_.emplace(place, error.kind());
  context_.systems.note(place.system, error);
  context_.findings.add({shard(place.index), place.system, context_.systems.name_of(place.system), error});
}

bool PackSource::try_places(const std::vector<Place>& places, const Try& attempt) {
  for (const Place& place : places) {
    const Result<void> result = try_place(place, attempt);
    if (result) return true;
    failed(place, result.error());
  }
  return false;
}

bool PackSource::locate() {
  if (std::exchange(located_, true)) return false;
  const size_t before = places_.size();
  for (const FoundShard& found : context_.locator.locate(context_.vault, pack_.pack, pack_.layout)) {
    const Place place{found.index, found.system};
    if (std::find(places_.begin(), places_.end(), place) == places_.end()) places_.push_back(place);
  }
  return places_.size() > before;
}

Result<void> PackSource::check_head(const ShardHead& head, uint8_t index) const {
  const PackHeader& header = head.header;
  if (Result<void> verified = verify_shard_head(head, context_.signer); !verified) return verified;
  const bool asked_for = head.index == index && header.vault == context_.vault && header.pack == pack_.pack &&
                         header.kind == pack_.kind && header.layout == pack_.layout && header.pack_length == pack_.pack_length;
  if (!asked_for) return Error(ErrorKind::corrupt, "it is another shard than its name says");
  return {};
}

Result<PackHeader> PackSource::header() {
  std::optional<PackHeader> header;
  const auto attempt = [&](ShardStore& store, const ShardId& id) -> Result<void> {
    Result<Bytes> bytes = store.get_head(id, context_.deadline());
    if (!bytes) return bytes.error();
    Result<ShardHead> head = parse_shard_head(*bytes);
    if (!head) return head.error();
    if (Result<void> checked = check_head(*head, id.index); !checked) return checked;
    header = std::move(head->header);
    return {};
  };
  for (bool again = true; again && !header; again = !header && locate()) {
    std::vector<Place> places;
    std::copy_if(places_.begin(), places_.end(), std::back_inserter(places), [&](const Place& place) { return can_ask(place); });
    try_places(places, attempt);
  }
  if (!header) return lost(0);
  return *header;
}

bool PackSource::fill(const PackSlice& slice, MutableSpan to) {
  const auto index = static_cast<uint8_t>(slice.index);
  const auto attempt = [&](ShardStore& store, const ShardId& id) { return store.get_range(id, slice.offset, to, context_.deadline()); };
  return try_places(places_of(index), attempt) || (locate() && try_places(places_of(index), attempt));
}

Result<void> PackSource::range(const PackHeader& header, uint64_t offset, MutableSpan to) {
  for (const PackSlice& slice : slices_of(header.shard_length, offset, to.size())) {
    if (!fill(slice, to.first(slice.length)))
      return Error(ErrorKind::lost, "shard " + shard(static_cast<uint8_t>(slice.index)).name() + " is on none of the systems that answer");
    to = to.subspan(slice.length);
  }
  return {};
}

std::optional<Bytes> PackSource::salvage(const Place& place, const PackSlice& slice) {
  ShardStore* store = context_.systems.usable(place.system);
  const auto failed = failed_.find(place);
  if (!store || (failed != failed_.end() && failed->second != ErrorKind::corrupt)) return std::nullopt;
  Bytes part(slice.length);
  const Result<void> got = store->get_range(shard(place.index), slice.offset, part, context_.deadline());
  if (got) return part;
  context_.systems.note(place.system, got.error());
  return std::nullopt;
}

std::vector<Bytes> PackSource::candidates(const PackHeader& header, uint64_t offset, uint64_t length) {
  std::vector<Bytes> candidates;
  const std::vector<PackSlice> slices = slices_of(header.shard_length, offset, length);
  if (any_copy_does()) {
    for (const Place& place : places_)
      if (std::optional<Bytes> part = salvage(place, slices[0])) candidates.push_back(std::move(*part));
    return candidates;
  }
  Bytes bytes;
  for (const PackSlice& slice : slices) {
    std::optional<Bytes> part;
    for (const Place& place : places_)
      if (place.index == slice.index && !part) part = salvage(place, slice);
    if (!part) return candidates;
    append(bytes, *part);
  }
  candidates.push_back(std::move(bytes));
  return candidates;
}

// One place of each index that is not had yet, data shards first, as many as are still needed.
std::vector<PackSource::Place> PackSource::next_places(const std::vector<Payload>& have) const {
  std::set<uint8_t> taken;
  for (const Payload& payload : have) taken.insert(payload.index);
  std::vector<Place> sorted = places_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Place& a, const Place& b) { return a.index < b.index; });
  std::vector<Place> next;
  for (const Place& place : sorted)
    if (have.size() + next.size() < pack_.layout.data && can_ask(place) && taken.insert(place.index).second) next.push_back(place);
  return next;
}

std::vector<PackSource::Payload> PackSource::fetch_whole(const std::vector<Place>& places, const PackHeader& header) {
  std::vector<Payload> payloads(places.size());
  std::vector<Result<void>> results(places.size());
  parallel_for(places.size(), places.size(), [&](size_t i) {
    results[i] = try_place(places[i], [&](ShardStore& store, const ShardId& id) -> Result<void> {
      Result<StoredShard> stored = store.get_shard(id, context_.deadline());
      if (!stored) return stored.error();
      Result<ShardHead> head = parse_shard_head(stored->head);
      if (!head) return head.error();
      if (Result<void> checked = check_head(*head, id.index); !checked) return checked;
      if (head->header != header) return Error(ErrorKind::corrupt, "its header is another one than that of the other shards");
      if (Result<void> checked = verify_shard(*head, stored->payload, context_.signer); !checked) return checked;
      payloads[i] = {id.index, std::move(stored->payload)};
      return {};
    });
  });
  std::vector<Payload> good;
  for (size_t i = 0; i < places.size(); ++i) {
    if (results[i]) good.push_back(std::move(payloads[i]));
    else failed(places[i], results[i].error());
  }
  return good;
}

Result<Bytes> PackSource::whole(const PackHeader& header) {
  std::vector<Payload> have;
  while (have.size() < pack_.layout.data) {  // ends: each turn asks at least one place, and none twice
    std::vector<Place> next = next_places(have);
    if (have.size() + next.size() < pack_.layout.data && locate()) next = next_places(have);
    if (next.empty()) return lost(have.size());
    for (Payload& payload : fetch_whole(next, header)) have.push_back(std::move(payload));
  }
  std::vector<ShardSpan> spans;
  for (const Payload& payload : have) spans.push_back({payload.index, payload.bytes});
  return assemble_pack(header, spans);
}

Error PackSource::lost(size_t left) const {
  std::set<std::string> names;
  for (const Place& place : places_)
    if (context_.systems.reason(place.system)) names.insert(in_quotes(context_.systems.name_of(place.system)));
  std::string text = "pack " + pack_.pack.hex() + ": " + std::to_string(left) + " of " + std::to_string(pack_.layout.data) +
                     " shards that it takes are left; ";
  if (names.empty()) return Error(ErrorKind::lost, text + "every system that held others answers, and none is good");
  return Error(ErrorKind::lost, text + "the return of " + joined({names.begin(), names.end()}, ", ") + " would help");
}

}  // namespace sparekeep
