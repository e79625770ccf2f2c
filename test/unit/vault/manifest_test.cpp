// Manifests: what was written is read again, whatever the entries; unchanged stretches are the same chunks; lookups.
#include "lib/base/path_order.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/manifest_writer.h"
#include "test/support/catch.h"
#include "test/support/random_manifest.h"

using namespace sparekeep;

namespace {

struct Written {
  std::vector<ManifestChunk> chunks;
  std::vector<std::string> first_paths() const {
    std::vector<std::string> paths;
    for (const ManifestChunk& chunk : chunks) paths.push_back(chunk.first_path);
    return paths;
  }
  ManifestReader reader() const {
    return ManifestReader(first_paths(), [this](size_t number) -> Result<Bytes> { return chunks[number].plain; });
  }
};

Written write(const std::vector<ManifestEntry>& entries) {
  Written written;
  ManifestWriter writer([&](ManifestChunk chunk) { written.chunks.push_back(std::move(chunk)); });
  for (const ManifestEntry& entry : entries) writer.put(entry);
  writer.finish();
  return written;
}

std::vector<ManifestEntry> read_all(ManifestReader reader) {
  std::vector<ManifestEntry> entries;
  for (;;) {
    Result<std::optional<ManifestEntry>> entry = reader.next();
    if (!entry.value()) return entries;
    entries.push_back(std::move(**entry));
  }
}

std::string refusal(const ManifestEntry& entry) {
  ManifestWriter writer([](const ManifestChunk&) {});
  try {
    writer.put(entry);
  } catch (const Error& error) {
    return error.text();
  }
  return "taken";
}

}  // namespace

TEST_CASE("any manifest is read as it was written") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    const std::vector<ManifestEntry> entries = random_manifest(random, 400);
    const Written written = write(entries);
    CHECK(read_all(written.reader()) == entries);
  }
}

TEST_CASE("an empty manifest has no chunks and reads as empty") {
  const Written written = write({});
  CHECK(written.chunks.empty());
  CHECK(read_all(written.reader()).empty());
}

TEST_CASE("chunks keep to their sizes") {
  const Written written = write(numbered_files(60'000));
  REQUIRE(written.chunks.size() > 3);
  size_t bytes = 0;
  for (size_t i = 0; i < written.chunks.size(); ++i) {
    const size_t size = written.chunks[i].plain.size();
    CHECK(size <= kManifestChunkMax + 20);
    if (i + 1 < written.chunks.size()) CHECK(size >= kManifestChunkMin);
    bytes += size;
  }
  const size_t average = bytes / written.chunks.size();
  CHECK(average > 256 * 1024);
  CHECK(average < 1024 * 1024);
}

TEST_CASE("a change in one place leaves the chunks elsewhere as they were") {
  std::vector<ManifestEntry> entries = numbered_files(60'000);
  const Written before = write(entries);
  entries.erase(entries.begin() + 9, entries.begin() + 12);
  entries.insert(entries.begin() + 20, small_file("/data/file00000022b", 7));
  const Written after = write(entries);
  size_t same = 0;
  for (const ManifestChunk& a : after.chunks)
    for (const ManifestChunk& b : before.chunks) same += a.plain == b.plain;
  CHECK(same + 2 >= before.chunks.size());
}

TEST_CASE("one path is found, and reading goes on behind it") {
  const std::vector<ManifestEntry> entries = numbered_files(20'000);
  const Written written = write(entries);
  ManifestReader reader = written.reader();
  for (size_t i : {size_t{0}, size_t{1}, size_t{4711}, size_t{9999}, size_t{19'999}}) {
    CHECK(reader.find(entries[i].file.path).value() == entries[i]);
    if (i + 1 < entries.size()) CHECK(reader.next().value() == entries[i + 1]);
    else CHECK(reader.next().value() == std::nullopt);
  }
  for (const ManifestChunk& chunk : written.chunks) CHECK(reader.find(chunk.first_path).value()->file.path == chunk.first_path);
  CHECK(reader.find("/data").value() == std::nullopt);
  CHECK(reader.next().value() == entries[0]);
  CHECK(reader.find("/data/file00004711b").value() == std::nullopt);
  CHECK(reader.next().value() == entries[4712]);
  CHECK(reader.find("/zzz").value() == std::nullopt);
  CHECK(reader.next().value() == std::nullopt);
}

TEST_CASE("a file of very many pieces is several records, and one entry again") {
  std::vector<ManifestEntry> entries = numbered_files(300);
  ManifestEntry huge = small_file("/data/file00000100b", 0);
  for (uint32_t i = 0; i < 5 * kContentRefsPartMax + 3; ++i) huge.content.push_back({i, i % 7, 1 + i % 1000});
  for (const ContentRef& piece : huge.content) huge.file.size += piece.length;
  huge.hash = content_hash(as_bytes("huge"));
  entries.insert(entries.begin() + 101, huge);
  const Written written = write(entries);
  CHECK(written.chunks.size() > 2);
  for (const ManifestChunk& chunk : written.chunks) CHECK(chunk.plain.size() <= kManifestChunkMax + 20);
  CHECK(read_all(written.reader()) == entries);
  ManifestReader reader = written.reader();
  CHECK(reader.find(huge.file.path).value() == huge);
  CHECK(reader.find(entries[102].file.path).value() == entries[102]);
  CHECK(reader.find(entries[250].file.path).value() == entries[250]);
}

TEST_CASE("the writer counts entries and the bytes of files, hard links once") {
  ManifestWriter writer([](const ManifestChunk&) {});
  writer.put(small_file("/a", 10));
  writer.put(small_file("/b", 5));
  ManifestEntry link = small_file("/c", 0);
  link.file.size = 10;
  link.file.hard_link = "/a";
  writer.put(link);
  CHECK(writer.entries() == 3);
  CHECK(writer.file_bytes() == 15);
}

TEST_CASE("an impossible entry is refused by name, and the writer goes on") {
  ManifestEntry entry = small_file("/a", 10);
  entry.content[0].length = 9;
  CHECK(refusal(entry) == "'/a' cannot be kept: its pieces do not add up to its size");
  entry = small_file("/a/../b", 10);
  CHECK(refusal(entry) == "'/a/../b' cannot be kept: its path is not absolute and normal");
  entry = small_file("/a", 10);
  entry.file.mode = 010000;
  CHECK(refusal(entry) == "'/a' cannot be kept: its mode has more than 12 bits");
  entry = small_file("/a", 0);
  for (int i = 0; i < 300; ++i) entry.file.attributes["user." + std::to_string(i)] = Bytes(kAttributeBytesMax);
  CHECK(refusal(entry) == "'/a' cannot be kept: its attributes and extents are too large together");
  entry = small_file("/b", 0);
  entry.file.hard_link = "/c";
  CHECK(refusal(entry) == "'/b' cannot be kept: its hard link does not come before it");
  entry = small_file("/b", 0);
  entry.file.kind = FileKind::symlink;
  CHECK(refusal(entry) == "'/b' cannot be kept: it is a symlink without a target");

  Written written;
  ManifestWriter writer([&](ManifestChunk chunk) { written.chunks.push_back(std::move(chunk)); });
  writer.put(small_file("/a", 1));
  CHECK_THROWS_AS(writer.put(entry), Error);
  writer.put(small_file("/c", 1));
  writer.finish();
  CHECK(read_all(written.reader()) == std::vector<ManifestEntry>{small_file("/a", 1), small_file("/c", 1)});
}
