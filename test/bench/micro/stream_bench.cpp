// Stages that a stream goes through: cutting, names of chunks, hashes, compression by level and back.
#include <benchmark/benchmark.h>

#include "lib/vault/block_digest.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/compressor.h"
#include "lib/vault/splitter.h"
#include "test/bench/micro/source_text.h"

namespace sparekeep {

namespace {

constexpr size_t kChunkBytes = 1 << 20;      // an average chunk

VaultKeys bench_keys() {
  SeededRandom random(1);
  return VaultKeys::make(random.id<VaultId>(), random);
}

void count_bytes(benchmark::State& state, size_t bytes) { state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes)); }

void cutting(benchmark::State& state) {
  const VaultKeys keys = bench_keys();
  const GearTable table(keys.splitter_key());
  Splitter splitter(table, {});
  const ByteSpan text = source_text();
  size_t chunks = 0;
  for ([[maybe_unused]] auto round : state) {
    for (ByteSpan left = text; !left.empty();) {
      const Splitter::Scan scan = splitter.scan(left);
      left = left.subspan(scan.taken);
      if (scan.cut) ++chunks;
    }
    splitter.reset();
  }
  benchmark::DoNotOptimize(chunks);
  count_bytes(state, kSourceTextBytes);
}
BENCHMARK(cutting);

void chunk_id_sha256(benchmark::State& state) {
  const VaultKeys keys = bench_keys();
  const ChunkNamer namer(keys.packs());
  const auto count = static_cast<size_t>(state.range(0));
  std::vector<ByteSpan> chunks;
  for (size_t i = 0; i < count; ++i) chunks.push_back(ByteSpan(source_text()).subspan(i * kChunkBytes, kChunkBytes));
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(namer.ids_of(chunks));
  count_bytes(state, count * kChunkBytes);
}
BENCHMARK(chunk_id_sha256)->Arg(1)->Arg(4)->Arg(8)->ArgName("at once");

void block_digests_sha256(benchmark::State& state) {
  const auto shard = static_cast<size_t>(state.range(0)) * kBlockSize;
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(block_digests(ByteSpan(source_text()).first(shard)));
  count_bytes(state, shard);
}
BENCHMARK(block_digests_sha256)->Arg(8)->Arg(16)->Arg(90)->ArgName("blocks");

void content_hash_xxh3(benchmark::State& state) {
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(content_hash(source_text()));
  count_bytes(state, kSourceTextBytes);
}
BENCHMARK(content_hash_xxh3);

// With what belongs to it: expanded again and compared.
void compress(benchmark::State& state, const Bytes& (*text)()) {
  Compressor compressor({.on = true, .level = static_cast<int>(state.range(0))});
  size_t at = 0, plain = 0, compressed = 0;
  for ([[maybe_unused]] auto round : state) {
    compressed += compressor.compress(ByteSpan(text()).subspan(at, kChunkBytes)).bytes.size();
    plain += kChunkBytes;
    at = (at + kChunkBytes) % kSourceTextBytes;
  }
  count_bytes(state, kChunkBytes);
  state.counters["shrinks to"] = static_cast<double>(compressed) / static_cast<double>(plain);
}
BENCHMARK_CAPTURE(compress, text, source_text)->DenseRange(1, 5)->Arg(9)->ArgName("zstd");
BENCHMARK_CAPTURE(compress, random, random_bytes)->Arg(1)->Arg(3)->ArgName("zstd");

void expand_zstd(benchmark::State& state) {
  Compressor compressor({});
  const Compressor::Compressed compressed = compressor.compress(ByteSpan(source_text()).first(kChunkBytes));
  Expander expander;
  Bytes plain(kChunkBytes);
  for ([[maybe_unused]] auto round : state) expander.expand(compressed.codec, compressed.bytes, plain).value();
  count_bytes(state, kChunkBytes);
}
BENCHMARK(expand_zstd);

}  // namespace

}  // namespace sparekeep
