// Manifest chunks, written and read.
#include <benchmark/benchmark.h>

#include "lib/vault/manifest_reader.h"
#include "lib/vault/manifest_writer.h"
#include "test/support/random_manifest.h"

namespace sparekeep {

namespace {

constexpr size_t kEntries = 50'000;

std::vector<ManifestChunk> chunks_of(const std::vector<ManifestEntry>& entries) {
  std::vector<ManifestChunk> chunks;
  ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
  for (const ManifestEntry& entry : entries) writer.put(entry);
  writer.finish();
  return chunks;
}

void count_entries(benchmark::State& state, const std::vector<ManifestChunk>& chunks) {
  size_t bytes = 0;
  for (const ManifestChunk& chunk : chunks) bytes += chunk.plain.size();
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kEntries));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

void manifest_encode(benchmark::State& state) {
  const std::vector<ManifestEntry> entries = numbered_files(kEntries);
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(chunks_of(entries));
  count_entries(state, chunks_of(entries));
}
BENCHMARK(manifest_encode)->Unit(benchmark::kMillisecond);

ManifestReader reader_of(const std::vector<ManifestChunk>& chunks) {
  std::vector<std::string> first_paths;
  for (const ManifestChunk& chunk : chunks) first_paths.push_back(chunk.first_path);
  return ManifestReader(std::move(first_paths), [&chunks](size_t number) { return Result<Bytes>(chunks[number].plain); });
}

void manifest_decode(benchmark::State& state) {
  const std::vector<ManifestChunk> chunks = chunks_of(numbered_files(kEntries));
  for ([[maybe_unused]] auto round : state) {
    ManifestReader reader = reader_of(chunks);
    while (reader.next().value()) continue;
  }
  count_entries(state, chunks);
}
BENCHMARK(manifest_decode)->Unit(benchmark::kMillisecond);

// One path out of all: a chunk is read up to it.
void manifest_find(benchmark::State& state) {
  const std::vector<ManifestEntry> entries = numbered_files(kEntries);
  const std::vector<ManifestChunk> chunks = chunks_of(entries);
  size_t at = 0;
  for ([[maybe_unused]] auto round : state) {
    benchmark::DoNotOptimize(reader_of(chunks).find(entries[at].file.path).value());
    at = (at + 7919) % kEntries;
  }
}
BENCHMARK(manifest_find)->Unit(benchmark::kMicrosecond);

}  // namespace

}  // namespace sparekeep
