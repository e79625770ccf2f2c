// The small types that both halves of lib/vault and all who use it share, and the format's limits. Words as in docs/format.md.
#pragma once

#include <cstdint>

#include "lib/base/id.h"

namespace sparekeep {

enum class PackKind : uint8_t { data = 1, metadata = 2 };   // content; or manifest and table chunks
enum class Codec : uint8_t { stored = 0, zstd = 1 };        // as it is; or one zstd frame

constexpr uint32_t kBlockSize = 64 * 1024;                  // of a shard: the unit of hashing and audit
constexpr uint64_t kPackTarget = 16 * 1024 * 1024;          // a pack is closed when it holds about this much
constexpr uint64_t kPackLengthMax = 64 * 1024 * 1024;       // refused above, read and written
constexpr uint32_t kPackChunksMax = 65536;
constexpr uint32_t kChunkLengthMax = 16 * 1024 * 1024;      // of any chunk, whatever a descriptor says

struct ChunkSizes {                                         // bytes; minimum <= average <= maximum, average a power of two
  uint32_t minimum = 256 * 1024;
  uint32_t average = 1024 * 1024;
  uint32_t maximum = 4 * 1024 * 1024;
  bool operator==(const ChunkSizes&) const = default;
};

// A chunk's place inside its pack: a row of the pack directory. The bytes at [offset, offset + sealed_length) of the pack.
struct PackedChunk {
  ChunkId id;
  uint32_t index = 0;              // in the pack; the counter that it was sealed with
  uint32_t offset = 0;             // in the pack
  uint32_t sealed_length = 0;      // compressed bytes and tag
  uint32_t plain_length = 0;
  Codec codec = Codec::stored;
  bool operator==(const PackedChunk&) const = default;
};

// A row of a chunk table, or a reference of the vault part: where a chunk of a snapshot lies.
struct ChunkRef {
  ChunkId id;
  uint32_t pack = 0;               // number in the record's list of data packs (of metadata packs, for a reference)
  uint32_t index = 0;              // in the pack
  uint32_t offset = 0;             // in the pack
  uint32_t sealed_length = 0;
  uint32_t plain_length = 0;
  Codec codec = Codec::stored;
  uint32_t live_bytes = 0;         // of the chunk, in this snapshot; 0 in a reference
  bool operator==(const ChunkRef&) const = default;
};

constexpr uint32_t kUnusedPack = UINT32_MAX;                // ChunkRef::pack of a row that holds nothing

inline PackedChunk place_of(const ChunkRef& ref) {
  return {ref.id, ref.index, ref.offset, ref.sealed_length, ref.plain_length, ref.codec};
}

}  // namespace sparekeep
