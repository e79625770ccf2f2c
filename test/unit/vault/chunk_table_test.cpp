// The chunk table: rows by number, unused ones between, and everything that is refused.
#include "lib/vault/chunk_table.h"

#include <map>

#include "lib/base/random.h"
#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/golden.h"

using namespace sparekeep;

namespace {

ChunkRef row_of(uint32_t number) {
  ChunkRef row;
  row.id = ChunkId::from(sha256(as_bytes(std::to_string(number))).bytes());
  row.pack = number / 10;
  row.index = number % 10;
  row.offset = 1'000'000 * row.index;
  row.plain_length = 700'000 + number % 1000;
  row.sealed_length = 600'000 + number % 1000;
  row.codec = Codec::zstd;
  row.live_bytes = row.plain_length - number % 7;
  return row;
}

std::map<uint32_t, ChunkRef> read_table(const std::map<uint32_t, Bytes>& chunks) {
  std::map<uint32_t, ChunkRef> rows;
  for (const auto& [first, plain] : chunks) {
    const TableChunk chunk = read_table_chunk(plain).value();
    CHECK(chunk.first == first);
    for (uint32_t i = 0; i < chunk.rows.size(); ++i)
      if (!is_unused(chunk.rows[i])) rows[first + i] = chunk.rows[i];
  }
  return rows;
}

}  // namespace

TEST_CASE("any table is read as it was written, with its gaps") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    std::map<uint32_t, ChunkRef> rows;
    for (uint64_t count = 1 + random.below(3000); count > 0; --count) {
      const auto number = static_cast<uint32_t>(random.below(20'000));
      rows[number] = row_of(number);
    }
    std::map<uint32_t, Bytes> chunks;
    TableWriter writer([&](uint32_t first, Bytes plain) { chunks[first] = std::move(plain); });
    for (const auto& [number, row] : rows) writer.put(number, row);
    const uint32_t count = writer.finish();
    CHECK(count == rows.rbegin()->first + 1);
    CHECK(chunks.size() == (count + kTableRows - 1) / kTableRows);
    CHECK(read_table(chunks) == rows);
  }
}

TEST_CASE("golden: a table chunk with an unused row") {
  const std::vector<ChunkRef> rows{row_of(0), unused_row(), row_of(2)};
  CHECK(golden_difference("table_chunk", write_table_chunk(4096, rows)) == "");
  const TableChunk chunk = read_table_chunk(golden_bytes("table_chunk")).value();
  CHECK(chunk.first == 4096);
  CHECK(chunk.rows == rows);
}

TEST_CASE("a table chunk is refused truncated, longer, and altered beyond its ids and numbers") {
  const Bytes whole = write_table_chunk(0, std::vector<ChunkRef>{row_of(0), unused_row(), row_of(2)});
  for (size_t length = 0; length < whole.size(); ++length) {
    INFO("length " << length);
    CHECK(read_table_chunk(ByteSpan(whole).first(length)).has_error());
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    INFO("byte " << at);
    Bytes altered = whole;
    altered[at] ^= static_cast<uint8_t>(1 << at % 8);
    const Result<TableChunk> chunk = read_table_chunk(altered);
    if (at >= 12 && at < 16) continue;  // optional feature bits
    if (chunk) CHECK(write_table_chunk(chunk->first, chunk->rows) == altered);
  }
  Bytes longer = whole;
  longer.push_back(0);
  CHECK(read_table_chunk(longer).error().text() == "the table chunk has 1 bytes too many");
}

TEST_CASE("rows that cannot be are refused") {
  const auto refused = [](auto change) {
    ChunkRef row = row_of(1);
    change(row);
    return read_table_chunk(write_table_chunk(0, std::vector<ChunkRef>{row})).has_error();
  };
  CHECK_FALSE(refused([](ChunkRef&) {}));
  CHECK(refused([](ChunkRef& row) { row.plain_length = 0; }));
  CHECK(refused([](ChunkRef& row) { row.plain_length = kChunkLengthMax + 1; }));
  CHECK(refused([](ChunkRef& row) { row.sealed_length = 16; }));
  CHECK(refused([](ChunkRef& row) { row.sealed_length = row.plain_length + 17; }));
  CHECK(refused([](ChunkRef& row) { row.offset = kPackLengthMax; }));
  CHECK(refused([](ChunkRef& row) { row.index = kPackChunksMax; }));
  CHECK(refused([](ChunkRef& row) { row.codec = static_cast<Codec>(2); }));
  CHECK(refused([](ChunkRef& row) { row.live_bytes = row.plain_length + 1; }));
  CHECK(refused([](ChunkRef& row) { row.pack = kUnusedPack; }));
}
