// How a pack is spread: k data shards and m parity shards. `copies = n` is {1, n - 1}. Data shards have the indices
// [0, data), parity shards [data, data + parity).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sparekeep {

constexpr unsigned kDataShardsMax = 32;
constexpr unsigned kParityShardsMax = 32;

struct Layout {
  uint8_t data = 1;
  uint8_t parity = 1;

  auto operator<=>(const Layout&) const = default;
  unsigned count() const { return static_cast<unsigned>(data) + parity; }    // of all shards
  bool valid() const { return data >= 1 && data <= kDataShardsMax && parity <= kParityShardsMax; }
  std::string text() const { return std::to_string(data) + "+" + std::to_string(parity); }
};

constexpr Layout copies(uint8_t count) { return {1, static_cast<uint8_t>(count - 1)}; }  // count >= 1

// Layout of metadata packs: copies on m + 2 systems, or on all where there are fewer (at least one).
Layout metadata_layout(Layout data_layout, size_t systems);

// Lengths of a pack (docs/format.md, "Length"). A content under k blocks gets {1, m}.
struct PackLengths {
  Layout layout;
  uint64_t pack = 0;      // bytes
  uint64_t shard = 0;     // bytes; pack / layout.data
};
uint64_t padded_length(uint64_t length);                                     // Padmé
PackLengths pack_lengths(uint64_t content_length, Layout wanted);

}  // namespace sparekeep
