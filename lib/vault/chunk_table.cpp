#include "lib/vault/chunk_table.h"

#include "lib/crypt/aead.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

void write_row(ByteWriter& writer, const ChunkRef& row) {
  writer.raw(row.id.bytes());
  writer.u32(row.pack);
  writer.u32(row.index);
  writer.u32(row.offset);
  writer.u32(row.sealed_length);
  writer.u32(row.plain_length);
  writer.u8(static_cast<uint8_t>(row.codec));
  writer.u32(row.live_bytes);
}

ChunkRef read_row(ByteReader& reader) {
  ChunkRef row;
  row.id = ChunkId::read(reader);
  row.pack = reader.u32();
  row.index = reader.u32();
  row.offset = reader.u32();
  row.sealed_length = reader.u32();
  row.plain_length = reader.u32();
  const uint8_t codec = reader.u8();
  row.codec = static_cast<Codec>(codec);
  row.live_bytes = reader.u32();
  const bool possible = is_unused(row) ? row == unused_row() : codec <= 1 && is_possible(row) && row.live_bytes <= row.plain_length;
  if (!possible) reader.fail();
  return row;
}

}  // namespace

bool is_possible(const ChunkRef& ref) {
  if (ref.index >= kPackChunksMax || ref.plain_length == 0 || ref.plain_length > kChunkLengthMax) return false;
  const uint64_t compressed_max = ref.plain_length;          // what does not shrink is stored
  if (ref.sealed_length <= kAeadTagSize || ref.sealed_length - kAeadTagSize > compressed_max) return false;
  return uint64_t{ref.offset} + ref.sealed_length <= kPackLengthMax;
}

Bytes write_table_chunk(uint32_t first, std::span<const ChunkRef> rows) {
  SK_CHECK(first % kTableRows == 0 && !rows.empty() && rows.size() <= kTableRows);
  ByteWriter writer;
  write_prelude(writer, ObjectKind::table_chunk);
  writer.u32(first);
  writer.u32(static_cast<uint32_t>(rows.size()));
  for (const ChunkRef& row : rows) write_row(writer, row);
  return writer.take();
}

Result<TableChunk> read_table_chunk(ByteSpan plain) {
  ByteReader reader(plain);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::table_chunk); !prelude) return prelude.error();
  TableChunk chunk;
  chunk.first = reader.u32();
  const uint32_t count = reader.u32();
  if (chunk.first % kTableRows != 0 || chunk.first >= kTableRowsMax || count == 0 || count > kTableRows) reader.fail();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) chunk.rows.push_back(read_row(reader));
  if (Result<void> end = reader.finish("the table chunk"); !end) return end.error();
  return chunk;
}

void TableWriter::put(uint32_t number, const ChunkRef& row) {
  SK_CHECK(number >= next_ && number < kTableRowsMax && !is_unused(row));
  while (next_ < number) push(unused_row());
  push(row);
}

void TableWriter::push(const ChunkRef& row) {
  rows_.push_back(row);
  ++next_;
  if (rows_.size() == kTableRows) flush();
}

void TableWriter::flush() {
  const uint32_t first = next_ - static_cast<uint32_t>(rows_.size());
  sink_(first, write_table_chunk(first, rows_));
  rows_.clear();
}

uint32_t TableWriter::finish() {
  if (!rows_.empty()) flush();
  return next_;
}

}  // namespace sparekeep
