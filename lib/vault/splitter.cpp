#include "lib/vault/splitter.h"

#include <algorithm>
#include <bit>

#include "lib/crypt/keystream.h"

namespace sparekeep {

namespace {

constexpr size_t kWindow = 64;                      // bytes after which one has been shifted out of the hash
constexpr size_t kTurn = 8;                         // bytes of a stretch that are gone over without a look at its end
constexpr size_t kStretchMin = 2 * kWindow, kStretchMax = 4096;   // what is gone over in vain, once a chunk, stays short

uint64_t highest_bits(unsigned count) { return count == 0 ? 0 : ~uint64_t{0} << (64 - count); }

}  // namespace

GearTable::GearTable(const Secret& splitter_key) {
  Secret stream{Bytes(sizeof words_)};
  aes256_ctr_keystream(splitter_key, stream.reveal_mutable());
  ByteReader reader(stream.reveal());
  for (uint64_t& word : words_) word = reader.u64();
}

Splitter::Splitter(const GearTable& table, ChunkSizes sizes) : table_(&table), sizes_(sizes) {
  SK_CHECK(std::has_single_bit(sizes.average) && sizes.average >= 16 && sizes.maximum <= kChunkLengthMax);
  SK_CHECK(sizes.minimum >= 1 && sizes.minimum <= sizes.average && sizes.average <= sizes.maximum);
  const unsigned bits = static_cast<unsigned>(std::bit_width(sizes.average)) - 1;
  mask_early_ = highest_bits(bits + 2);
  mask_late_ = highest_bits(bits - 2);
}

void Splitter::reset() { hash_ = 0, length_ = 0; }

// Goes over two stretches of `length` bytes, a multiple of kTurn, the second one right behind the first. Within one each hash
// waits for the one before; two side by side take little longer. False if a cut falls there: then nothing was done.
bool Splitter::pass_two(const uint8_t* stretch, size_t length, uint64_t mask) {
  const uint8_t* const second = stretch + length;
  uint64_t one = hash_, two = 0;
  for (const uint8_t* before = second - kWindow; before < second; ++before) two = hash_of_next(two, *before);
  for (size_t at = 0; at < length; at += kTurn)
#pragma GCC unroll 8
    for (size_t i = at; i < at + kTurn; ++i) {
      one = hash_of_next(one, stretch[i]), two = hash_of_next(two, second[i]);
      if ((one & mask) == 0 || (two & mask) == 0) return false;
    }
  hash_ = two;
  length_ += static_cast<uint32_t>(2 * length);
  return true;
}

// Goes on at bytes[from], up to a chunk length of `until`; gives the number of bytes taken of `bytes`. A cut lies behind
// the last byte taken.
size_t Splitter::look_for_cut(ByteSpan bytes, size_t from, uint32_t until, uint64_t mask, bool& found) {
  if (length_ >= until) return from;
  const size_t end = from + std::min<size_t>(bytes.size() - from, until - length_);
  size_t at = from;
  while (end - at >= 2 * kStretchMin) {
    const size_t length = std::min((end - at) / 2 / kTurn * kTurn, kStretchMax);
    if (!pass_two(bytes.data() + at, length, mask)) break;
    at += 2 * length;
  }
  const size_t passed = at;
  uint64_t hash = hash_;
  while (at < end && !found) {
    hash = hash_of_next(hash, bytes[at++]);
    found = (hash & mask) == 0;
  }
  hash_ = hash;
  length_ += static_cast<uint32_t>(at - passed);
  return at;
}

Splitter::Scan Splitter::scan(ByteSpan bytes) {
  Scan scan;
  if (length_ < sizes_.minimum - 1) {  // no cut can fall here, and the hash begins with the byte at the minimum
    scan.taken = std::min<size_t>(bytes.size(), sizes_.minimum - 1 - length_);
    length_ += static_cast<uint32_t>(scan.taken);
  }
  scan.taken = look_for_cut(bytes, scan.taken, sizes_.average - 1, mask_early_, scan.cut);
  if (!scan.cut) scan.taken = look_for_cut(bytes, scan.taken, sizes_.maximum, mask_late_, scan.cut);
  scan.cut = scan.cut || length_ == sizes_.maximum;
  if (scan.cut) reset();
  return scan;
}

ChunkCutter::ChunkCutter(const GearTable& table, ChunkSizes sizes) : splitter_(table, sizes) { chunk_.reserve(sizes.maximum); }

void ChunkCutter::push(ByteSpan bytes, const Emit& emit) {
  while (!bytes.empty()) {
    const Splitter::Scan scan = splitter_.scan(bytes);
    append(chunk_, bytes.first(scan.taken));
    bytes = bytes.subspan(scan.taken);
    if (!scan.cut) continue;
    emit(chunk_);
    chunk_.clear();
  }
}

void ChunkCutter::finish(const Emit& emit) {
  if (!chunk_.empty()) emit(chunk_);
  chunk_.clear();
  splitter_.reset();
}

}  // namespace sparekeep
