// Cuts a stream into chunks by content: gear hash with normalised chunking, its table made from the vault's splitter key
// (docs/format.md, "Splitter"). Where cuts fall depends on the bytes and the key alone, never on how they were buffered.
#pragma once

#include <array>
#include <functional>

#include "lib/crypt/secret.h"
#include "lib/vault/types.h"

namespace sparekeep {

class GearTable {
 public:
  explicit GearTable(const Secret& splitter_key);     // 32 bytes
  uint64_t operator[](uint8_t byte) const { return words_[byte]; }

 private:
  std::array<uint64_t, 256> words_;
};

// Finds cuts and holds no bytes. Copyable: a copy goes on from the same place.
class Splitter {
 public:
  struct Scan {
    size_t taken = 0;                                 // leading bytes that belong to the chunk under way
    bool cut = false;                                 // the chunk ends behind them; the next one begins with the next byte
  };

  Splitter(const GearTable& table, ChunkSizes sizes);  // the table outlives the splitter

  Scan scan(ByteSpan bytes);                          // takes all of `bytes`, or up to the first cut
  void reset();                                       // the next byte begins a chunk (a new file, the end of a stream)
  uint32_t pending() const { return length_; }        // bytes of the chunk under way so far; under the maximum

 private:
  size_t look_for_cut(ByteSpan bytes, size_t from, uint32_t until, uint64_t mask, bool& found);
  bool pass_two(const uint8_t* stretch, size_t length, uint64_t mask);
  uint64_t hash_of_next(uint64_t hash, uint8_t byte) const { return (hash << 1) + (*table_)[byte]; }

  const GearTable* table_;
  ChunkSizes sizes_;
  uint64_t mask_early_, mask_late_;
  uint64_t hash_ = 0;
  uint32_t length_ = 0;
};

// Splitter with a buffer of one chunk: bytes are pushed in, whole chunks come out, in order. A chunk's span is valid only
// during the call of `emit`.
class ChunkCutter {
 public:
  using Emit = std::function<void(ByteSpan chunk)>;

  ChunkCutter(const GearTable& table, ChunkSizes sizes);
  void push(ByteSpan bytes, const Emit& emit);
  void finish(const Emit& emit);                      // what is left is a chunk, too; the next byte begins a new one
  uint32_t pending() const { return splitter_.pending(); }

 private:
  Splitter splitter_;
  Bytes chunk_;
};

}  // namespace sparekeep
