// What makes a pack of chunks: sealing, opening, Reed-Solomon, and all of it together with its proof.
#include <benchmark/benchmark.h>

#include "lib/crypt/aead.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/erasure.h"
#include "lib/vault/pack_writer.h"
#include "test/bench/micro/source_text.h"

namespace sparekeep {

namespace {

constexpr size_t kChunkBytes = 1 << 20;

Secret bench_key() {
  Bytes key(kAeadKeySize, 7);
  return Secret(ByteSpan(key));
}

void count_bytes(benchmark::State& state, size_t bytes) { state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes)); }

void seal_aes_gcm(benchmark::State& state) {
  Aead aead(bench_key());
  Bytes sealed(kChunkBytes + kAeadTagSize);
  uint64_t counter = 0;
  for ([[maybe_unused]] auto round : state) aead.seal(counter++, {}, ByteSpan(random_bytes()).first(kChunkBytes), sealed);
  count_bytes(state, kChunkBytes);
}
BENCHMARK(seal_aes_gcm);

void open_aes_gcm(benchmark::State& state) {
  Aead aead(bench_key());
  Bytes sealed(kChunkBytes + kAeadTagSize), plain(kChunkBytes);
  aead.seal(1, {}, ByteSpan(random_bytes()).first(kChunkBytes), sealed);
  for ([[maybe_unused]] auto round : state) aead.open(1, {}, sealed, plain).value();
  count_bytes(state, kChunkBytes);
}
BENCHMARK(open_aes_gcm);

struct Shards {
  explicit Shards(Layout layout) : length(kSourceTextBytes / layout.data), parity(layout.parity, Bytes(kSourceTextBytes / layout.data)) {
    for (unsigned i = 0; i < layout.data; ++i) data.push_back(ByteSpan(random_bytes()).subspan(i * length, length));
    for (Bytes& one : parity) to.emplace_back(one);
  }
  size_t length;
  std::vector<ByteSpan> data;
  std::vector<Bytes> parity;
  std::vector<MutableSpan> to;
};

Layout layout_of(const benchmark::State& state) { return {static_cast<uint8_t>(state.range(0)), static_cast<uint8_t>(state.range(1))}; }

void encode_reed_solomon(benchmark::State& state) {
  const Erasure erasure(layout_of(state));
  const Shards shards(layout_of(state));
  for ([[maybe_unused]] auto round : state) erasure.encode(shards.data, shards.to);
  count_bytes(state, kSourceTextBytes);
}
BENCHMARK(encode_reed_solomon)->Args({2, 2})->Args({4, 2})->Args({6, 3})->ArgNames({"data", "parity"});

// As many data shards as there may be are lost.
void rebuild_reed_solomon(benchmark::State& state) {
  const Layout layout = layout_of(state);
  const Erasure erasure(layout);
  const Shards shards(layout);
  erasure.encode(shards.data, shards.to);
  const unsigned lost = std::min<unsigned>(layout.data, layout.parity);
  std::vector<ShardSpan> survivors;
  for (unsigned i = lost; i < layout.data; ++i) survivors.push_back({i, shards.data[i]});
  for (unsigned i = 0; survivors.size() < layout.data; ++i) survivors.push_back({layout.data + i, shards.parity[i]});
  std::vector<Bytes> rebuilt(lost, Bytes(shards.length));
  std::vector<MutableShardSpan> wanted;
  for (unsigned i = 0; i < lost; ++i) wanted.push_back({i, rebuilt[i]});
  for ([[maybe_unused]] auto round : state) erasure.rebuild(survivors, wanted).value();
  count_bytes(state, kSourceTextBytes);
}
BENCHMARK(rebuild_reed_solomon)->Args({2, 2})->Args({4, 2})->Args({6, 3})->ArgNames({"data", "parity"});

// A pack of chunks that do not shrink, from content digest to the proof that it opens and survives its losses.
void whole_pack(benchmark::State& state) {
  SeededRandom random(1);
  const VaultId vault = random.id<VaultId>();
  const VaultKeys keys = VaultKeys::make(vault, random);
  const SigningKey signer = SigningKey::make(random);
  PackWriter writer({.vault = vault, .layout = layout_of(state)}, keys.packs(), signer, random);
  ChunkNamer namer(keys.packs());
  const ChunkId id = namer.id_of(ByteSpan(random_bytes()).first(kChunkBytes));
  for ([[maybe_unused]] auto round : state) {
    for (size_t at = 0; at < kSourceTextBytes; at += kChunkBytes)
      writer.add(id, kChunkBytes, Compressor::as_it_is(ByteSpan(random_bytes()).subspan(at, kChunkBytes)));
    benchmark::DoNotOptimize(writer.close());
  }
  count_bytes(state, kSourceTextBytes);
}
BENCHMARK(whole_pack)->Args({2, 2})->Args({1, 1})->ArgNames({"data", "parity"});

}  // namespace

}  // namespace sparekeep
