#include "test/fuzz/mutation.h"

#include <algorithm>
#include <array>

namespace sparekeep {

namespace {

constexpr size_t kPieceBytesMax = 64;
constexpr std::array<uint64_t, 12> kEdges{0,          1,          0x7f,       0x80,         0xff,          0x7fff,
                                          0xffff,     0x7fffffff, 0xffffffff, INT64_MAX,    UINT64_MAX - 1, UINT64_MAX};

size_t place_in(const Bytes& bytes, Random& random) { return static_cast<size_t>(random.below(bytes.size() + 1)); }

// A piece of `bytes` that begins anywhere; empty where there is nothing.
ByteSpan piece_of(const Bytes& bytes, Random& random) {
  const size_t start = place_in(bytes, random);
  const size_t length = static_cast<size_t>(random.below(kPieceBytesMax) + 1);
  return ByteSpan(bytes).subspan(start, std::min(length, bytes.size() - start));
}

void insert_at(Bytes& bytes, size_t place, ByteSpan piece) {
  const Bytes copy(piece.begin(), piece.end());  // the piece may lie in `bytes`
  bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(place), copy.begin(), copy.end());
}

void flip_bit(Bytes& bytes, Random& random) {
  if (!bytes.empty()) bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(1u << random.below(8));
}

void set_byte(Bytes& bytes, Random& random) {
  if (!bytes.empty()) bytes[random.below(bytes.size())] = static_cast<uint8_t>(random.number());
}

void set_edge(Bytes& bytes, Random& random) {
  const uint64_t edge = kEdges[random.below(kEdges.size())];
  const size_t width = size_t{1} << random.below(4), place = place_in(bytes, random);
  for (size_t i = 0; i < width && place + i < bytes.size(); ++i) bytes[place + i] = static_cast<uint8_t>(edge >> (8 * i));
}

void lose_piece(Bytes& bytes, Random& random) {
  const ByteSpan piece = piece_of(bytes, random);
  const auto start = bytes.begin() + (piece.data() - bytes.data());
  bytes.erase(start, start + static_cast<ptrdiff_t>(piece.size()));
}

void change(Bytes& bytes, const Bytes& other, Random& random) {
  switch (random.below(8)) {
    case 0: return flip_bit(bytes, random);
    case 1: return set_byte(bytes, random);
    case 2: return set_edge(bytes, random);
    case 3: return lose_piece(bytes, random);
    case 4: return bytes.resize(place_in(bytes, random));
    case 5: return insert_at(bytes, place_in(bytes, random), piece_of(bytes, random));
    case 6: return insert_at(bytes, place_in(bytes, random), piece_of(other, random));
    case 7: return bytes.push_back(static_cast<uint8_t>(random.number()));
  }
}

}  // namespace

Bytes mutated(const std::vector<Bytes>& seeds, Random& random, size_t bytes_max) {
  Bytes bytes = seeds[random.below(seeds.size())];
  const Bytes& other = seeds[random.below(seeds.size())];
  for (uint64_t changes = random.below(8) + 1; changes > 0; --changes) change(bytes, other, random);
  bytes.resize(std::min(bytes.size(), bytes_max));
  return bytes;
}

}  // namespace sparekeep
