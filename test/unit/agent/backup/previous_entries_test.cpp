// The previous snapshot's entries come in their order and to their end, and what is damaged in it is told behind what is not.
#include "agent/backup/previous_entries.h"

#include "lib/vault/manifest_writer.h"
#include "test/support/catch.h"
#include "test/support/random_manifest.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

std::vector<ManifestChunk> written(const std::vector<ManifestEntry>& entries) {
  std::vector<ManifestChunk> chunks;
  ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
  for (const ManifestEntry& entry : entries) writer.put(entry);
  writer.finish();
  return chunks;
}

ManifestReader reader_of(const std::vector<ManifestChunk>& chunks) {
  std::vector<std::string> paths;
  for (const ManifestChunk& chunk : chunks) paths.push_back(chunk.first_path);
  return ManifestReader(std::move(paths), [&chunks](size_t number) -> Result<Bytes> { return chunks[number].plain; });
}

}  // namespace

TEST_CASE("every entry comes, in its order, however many batches they make") {
  for (const size_t count : {1u, 2047u, 2048u, 2049u, 10'000u}) {
    const std::vector<ManifestEntry> entries = numbered_files(count);
    const std::vector<ManifestChunk> chunks = written(entries);
    PreviousEntries previous(reader_of(chunks));
    for (const ManifestEntry& entry : entries) REQUIRE(previous.next().value()->file.path == entry.file.path);
    CHECK_FALSE(previous.next().value());
    CHECK_FALSE(previous.next().value());
  }
}

TEST_CASE("a damaged manifest gives what stands before the damage, then says so") {
  const std::vector<ManifestEntry> entries = numbered_files(10'000);
  std::vector<ManifestChunk> chunks = written(entries);
  REQUIRE(chunks.size() > 1);
  chunks.back().plain.resize(chunks.back().plain.size() / 2);
  PreviousEntries previous(reader_of(chunks));
  size_t got = 0;
  Result<std::optional<ManifestEntry>> next = previous.next();
  for (; next; next = previous.next()) REQUIRE((*next)->file.path == entries.at(got++).file.path);
  CHECK(got > 0);
  CHECK(got < entries.size());
  CHECK(next.error().kind() == ErrorKind::corrupt);
  CHECK(previous.next().has_error());
}

TEST_CASE("what is not taken to its end is left without harm") {
  const std::vector<ManifestChunk> chunks = written(numbered_files(10'000));
  PreviousEntries previous(reader_of(chunks));
  CHECK(previous.next().value()->file.path == "/data/file00000000");
}
