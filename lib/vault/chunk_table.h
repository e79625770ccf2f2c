// The chunk table: number -> where a chunk lies, in table chunks of kTableRows rows (docs/format.md, "Table chunk"). A chunk's
// number is its row, and stays what it was from snapshot to snapshot; a number that this snapshot does not need has an unused row.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lib/vault/types.h"

namespace sparekeep {

constexpr uint32_t kTableRows = 4096;     // of one table chunk; the last one has fewer
constexpr uint32_t kTableRowsMax = 1u << 28;

inline bool is_unused(const ChunkRef& row) { return row.pack == kUnusedPack; }
inline ChunkRef unused_row() {
  ChunkRef row;
  row.pack = kUnusedPack;
  return row;
}

// Do its numbers fit into a pack at all (of a row that is used, or of a reference)?
bool is_possible(const ChunkRef& ref);

struct TableChunk {
  uint32_t first = 0;                     // number of the first row; a multiple of kTableRows
  std::vector<ChunkRef> rows;             // 1 .. kTableRows
};

Bytes write_table_chunk(uint32_t first, std::span<const ChunkRef> rows);
Result<TableChunk> read_table_chunk(ByteSpan plain);   // corrupt, unsupported

// Takes rows by ascending number; gaps become unused rows.
class TableWriter {
 public:
  using Sink = std::function<void(uint32_t first, Bytes plain)>;
  explicit TableWriter(Sink sink) : sink_(std::move(sink)) {}
  void put(uint32_t number, const ChunkRef& row);
  uint32_t finish();                      // hands on the last chunk; how many rows there are

 private:
  void push(const ChunkRef& row);
  void flush();
  Sink sink_;
  std::vector<ChunkRef> rows_;
  uint32_t next_ = 0;
};

}  // namespace sparekeep
