// Manifest chunks of others: golden bytes, and everything that is refused.
#include "lib/base/path_order.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/manifest_writer.h"
#include "lib/vault/prelude.h"
#include "test/support/catch.h"
#include "test/support/golden.h"
#include "test/support/random_manifest.h"

using namespace sparekeep;

namespace {

Bytes chunk_of(const std::vector<ManifestEntry>& entries) {
  Bytes plain;
  ManifestWriter writer([&](ManifestChunk chunk) { plain = std::move(chunk.plain); });
  for (const ManifestEntry& entry : entries) writer.put(entry);
  writer.finish();
  return plain;
}

// The first error of reading a chunk to its end, or what it gave.
struct Reading {
  std::vector<ManifestEntry> entries;
  std::string error;
};

Reading read(const std::string& first_path, Bytes plain) {
  Reading reading;
  ManifestReader reader({first_path}, [&](size_t) -> Result<Bytes> { return plain; });
  for (;;) {
    Result<std::optional<ManifestEntry>> entry = reader.next();
    if (!entry) reading.error = entry.error().text();
    if (!entry || !*entry) return reading;
    reading.entries.push_back(std::move(**entry));
  }
}

std::vector<ManifestEntry> one_of_each() {
  ManifestEntry folder = small_file("/etc", 0);
  folder.file.kind = FileKind::directory;
  folder.file.mode = 01777;
  folder.file.attributes["system.posix_acl_default"] = {2, 0, 0, 0};
  ManifestEntry file = small_file("/etc/passwd", 3000);
  file.content = {{7, 100, 1000}, {8, 0, 2000}};
  file.file.flags = "nodump";
  file.file.ctime = {1'700'000'001, 6};
  file.file.inode = 4711;
  ManifestEntry link = small_file("/etc/passwd-", 0);
  link.file.size = 3000;
  link.file.hard_link = "/etc/passwd";
  ManifestEntry symlink = small_file("/etc/self", 0);
  symlink.file.kind = FileKind::symlink;
  symlink.file.link_target = "../etc";
  symlink.file.mtime = {-1, 999'999'999};
  ManifestEntry device = small_file("/etc/sda", 0);
  device.file.kind = FileKind::block_device;
  device.file.device_major = 8;
  device.file.device_minor = 300;
  ManifestEntry sparse = small_file("/etc/sparse", 0);
  sparse.file.size = 1ull << 40;
  sparse.file.data_extents = {{4096, 10}, {1ull << 39, 20}};
  sparse.content = {{9, 0, 30}};
  sparse.hash = content_hash(as_bytes("sparse"));
  return {folder, file, link, device, symlink, sparse};
}

// A chunk with one entry whose bytes behind the path are given.
Bytes chunk_with(std::string_view path, ByteSpan fields) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::manifest_chunk);
  writer.u32(1);
  writer.varint(0);
  writer.text(path);
  writer.raw(fields);
  return writer.take();
}

}  // namespace

TEST_CASE("golden: a manifest chunk with an entry of each kind") {
  const std::vector<ManifestEntry> entries = one_of_each();
  CHECK(golden_difference("manifest_chunk", chunk_of(entries)) == "");
  const Reading reading = read("/etc", golden_bytes("manifest_chunk"));
  CHECK(reading.error == "");
  CHECK(reading.entries == entries);
}

TEST_CASE("a manifest chunk that is truncated anywhere is refused") {
  const Bytes whole = chunk_of(one_of_each());
  for (size_t length = 0; length < whole.size(); ++length) {
    INFO("length " << length);
    CHECK(read("/etc", Bytes(whole.begin(), whole.begin() + length)).error != "");
  }
  Bytes longer = whole;
  longer.push_back(0);
  CHECK(read("/etc", longer).error == "the manifest chunk has 1 bytes too many");
}

TEST_CASE("a flipped bit is refused or gives entries that keep every rule") {
  const Bytes whole = chunk_of(one_of_each());
  for (size_t at = 0; at < whole.size(); ++at) {
    INFO("byte " << at);
    Bytes altered = whole;
    altered[at] ^= static_cast<uint8_t>(1 << at % 8);
    const Reading reading = read("/etc", altered);
    const bool optional_feature_bits = at >= 12 && at < 16;
    CHECK((reading.error != "" || optional_feature_bits || reading.entries != one_of_each()));
    for (const ManifestEntry& entry : reading.entries) {
      CHECK(fault_of(entry) == "");
      CHECK(fault_of_content(entry) == "");
    }
  }
}

TEST_CASE("entries out of order and chunks in the wrong place are refused") {
  const Bytes ab = chunk_of({small_file("/a", 1), small_file("/b", 1)});
  CHECK(read("/a0", ab).error == "manifest entry '/a': expected '/a0' here");
  Bytes swapped = ab;
  for (uint8_t& byte : swapped) byte = byte == 'a' ? 'b' : byte == 'b' ? 'a' : byte;
  CHECK(read("/b", swapped).error == "manifest entry '/a': it is out of order");
  ManifestReader twice({"/a", "/a"}, [&](size_t) -> Result<Bytes> { return ab; });
  CHECK(twice.next().value()->file.path == "/a");
  CHECK(twice.next().value()->file.path == "/b");
  CHECK(twice.next().error().text() == "manifest entry '/a': it is out of order");
}

TEST_CASE("hostile paths and counts are refused") {
  const Bytes good = chunk_of({small_file("/a", 0)});
  const ByteSpan fields = ByteSpan(good).subspan(kPreludeSize + 4 + 1 + 3);
  CHECK(read("/a", chunk_with("/a", fields)).error == "");
  for (const std::string& path : {std::string("a"), std::string(""), std::string("/.."), std::string("/a/"), std::string("/a//b"),
                                  std::string("/a/../../etc"), std::string("/a\0b", 4)}) {
    INFO(path);
    CHECK(read(path, chunk_with(path, fields)).error.find("its path is not absolute and normal") != std::string::npos);
  }
  Bytes unknown_field(fields.begin(), fields.end());
  unknown_field.back() = 0x80;
  unknown_field.push_back(0x04);  // bit 9
  CHECK(read("/a", chunk_with("/a", unknown_field)).error == "the manifest chunk is truncated or holds an impossible value");
  Bytes many = good;
  many[kPreludeSize] = 0xff;
  CHECK(read("/a", many).error == "the manifest chunk is truncated or holds an impossible value");
}

TEST_CASE("another kind, an unknown format and a required feature are refused by name") {
  Bytes chunk = chunk_of({small_file("/a", 0)});
  chunk[4] = 21;
  CHECK(read("/a", chunk).error == "expected a manifest chunk, this is kind 21, table chunk");
  chunk[4] = 20;
  chunk[6] = 2;
  CHECK(read("/a", chunk).error == "manifest chunk has format 2, this program knows 1");
  chunk[6] = 1;
  chunk[8] = 1;
  CHECK(read("/a", chunk).error == "manifest chunk requires features 0x00000001, this program knows none");
}

TEST_CASE("pieces that do not go on are refused") {
  ManifestEntry huge = small_file("/h", 0);
  for (uint32_t i = 0; i < 8 * kContentRefsPartMax; ++i) huge.content.push_back({i, 0, 1});
  huge.file.size = huge.content.size();
  huge.hash = content_hash(as_bytes("h"));
  std::vector<ManifestChunk> chunks;
  ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
  writer.put(huge);
  writer.put(small_file("/i", 1));
  writer.finish();
  REQUIRE(chunks.size() > 1);
  CHECK(read("/h", chunks[0].plain).error == "manifest entry '/h': its pieces do not go on");
  CHECK(read("/h", chunks.back().plain).error == "manifest entry '/h': its pieces do not add up to its size");
}
