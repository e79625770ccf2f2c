#include "agent/backup/chunk_numbers.h"

#include <algorithm>

namespace sparekeep::agent {

namespace {

constexpr uint32_t kPendingPack = kUnusedPack - 1;              // a row whose pack has no number yet

ChunkRef row_of(const PackedChunk& chunk, uint32_t pack) {
  return {chunk.id, pack, chunk.index, chunk.offset, chunk.sealed_length, chunk.plain_length, chunk.codec, 0};
}

}  // namespace

ChunkNumbers::ChunkNumbers(std::vector<ChunkRef> rows, std::vector<PackEntry> packs, const std::unordered_set<PackId>& given_up)
    : rows_(std::move(rows)), packs_(std::move(packs)), held_(take_up(given_up)) {}

ChunkNumbers::Numbers ChunkNumbers::take_up(const std::unordered_set<PackId>& given_up) {
  Numbers held;
  for (uint32_t number = static_cast<uint32_t>(rows_.size()); number-- > 0;) {
    ChunkRef& row = rows_[number];
    const bool gone = is_unused(row) || row.pack >= packs_.entries().size() || given_up.contains(packs_.entries()[row.pack].pack);
    if (gone) {
      row = unused_row();
      free_.push_back(number);
      continue;
    }
    row.live_bytes = 0;
    held.try_emplace(row.id, Numbered{number, row.plain_length});
  }
  return held;
}

std::optional<uint32_t> ChunkNumbers::find(const ChunkId& id) const {
  if (const auto found = held_.find(id); found != held_.end()) return found->second.number;
  if (const auto found = added_.find(id); found != added_.end()) return found->second.number;
  return std::nullopt;
}

std::optional<uint32_t> ChunkNumbers::held_length(const ChunkId& id) const {
  const auto found = held_.find(id);
  return found == held_.end() ? std::nullopt : std::optional(found->second.plain_length);
}

bool ChunkNumbers::usable(uint32_t number) const { return number < rows_.size() && !is_unused(rows_[number]); }

uint32_t ChunkNumbers::append(ChunkRef row) {
  uint32_t number = static_cast<uint32_t>(rows_.size());
  if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
    rows_[number] = row;
  } else {
    rows_.push_back(row);
  }
  added_[row.id] = {number, row.plain_length};
  return number;
}

uint32_t ChunkNumbers::add_stored(const PackEntry& pack, const PackedChunk& chunk) { return append(row_of(chunk, packs_.add(pack))); }

uint32_t ChunkNumbers::add_pending(const PackedChunk& chunk) { return append(row_of(chunk, kPendingPack)); }

void ChunkNumbers::set_pack(const StoredPack& pack) {
  const uint32_t number = packs_.add(pack.entry);
  for (const PackedChunk& chunk : pack.chunks) {
    ChunkRef& row = rows_.at(added_.at(chunk.id).number);
    if (row.pack == kPendingPack) row.pack = number;
  }
}

void ChunkNumbers::use(uint32_t number, uint32_t bytes) {
  ChunkRef& row = rows_.at(number);
  row.live_bytes = static_cast<uint32_t>(std::min<uint64_t>(row.plain_length, uint64_t{row.live_bytes} + bytes));  // several files may use the same bytes
}

void ChunkNumbers::close() {
  std::vector<bool> needed(packs_.entries().size());
  for (ChunkRef& row : rows_) {
    if (row.live_bytes == 0) row = unused_row();
    if (is_unused(row)) continue;
    SK_CHECK(row.pack != kPendingPack);
    needed.at(row.pack) = true;
  }
  while (!rows_.empty() && is_unused(rows_.back())) rows_.pop_back();
  for (uint32_t number = 0; number < needed.size(); ++number)
    if (!needed[number] && !packs_.entries()[number].unused()) packs_.remove(number);
}

}  // namespace sparekeep::agent
