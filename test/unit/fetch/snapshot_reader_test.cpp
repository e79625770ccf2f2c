// A snapshot read from systems: all well, any m of them gone, dead or frozen; what is lost is named.
#include "lib/fetch/snapshot_reader.h"

#include "test/support/catch.h"
#include "test/support/fetch_world.h"

using namespace sparekeep;

TEST_CASE("everything is read from healthy systems, with no shard fetched whole") {
  for (const Layout layout : {Layout{2, 2}, copies(3), Layout{4, 1}, copies(1)}) {
    INFO(layout.text());
    FetchWorld world(1, 6, {.layout = layout});
    Reading reading(world);
    CHECK(reading.read_all() == expected_contents(world.files));
    CHECK(reading.finding_texts().empty());
    for (const auto& system : world.systems) {
      CHECK(system->wholes == 0);
      CHECK(system->questions == 0);
    }
  }
}

TEST_CASE("entries come as they were written, and one is found by its path") {
  FetchWorld world(2, 4);
  Reading reading(world);
  ManifestReader manifest = reading.reader->manifest();
  for (const TestFile& file : world.files) CHECK(manifest.next().value()->file == file.entry.file);
  CHECK(manifest.next().value() == std::nullopt);
  CHECK(manifest.find("/data/sparse").value()->file.size == 2 << 20);
  CHECK(manifest.find("/data/none").value() == std::nullopt);
  CHECK(reading.reader->vault_part().entries == world.files.size());
}

TEST_CASE("with any two of six systems gone, everything is read") {
  FetchWorld world(3, 6);
  const auto expected = expected_contents(world.files);
  for (const StoreState state : {StoreState::dead, StoreState::frozen})
    for (size_t a = 0; a < 6; ++a)
      for (size_t b = a + 1; b < 6; ++b) {
        INFO("systems " << a + 1 << " and " << b + 1);
        world.systems[a]->state = world.systems[b]->state = state;
        Reading reading(world);
        CHECK(reading.read_all() == expected);
        world.systems[a]->state = world.systems[b]->state = StoreState::well;
      }
}

TEST_CASE("a frozen system costs its deadline once, whoever meets it") {
  FetchWorld world(4, 6);
  world.systems[2]->state = StoreState::frozen;
  Reading reading(world, {.packs_parallel = 1, .request_limit = std::chrono::seconds(10)});
  const Duration before = world.clock.boot_time();
  CHECK(reading.read_all() == expected_contents(world.files));
  CHECK(world.clock.boot_time() - before == std::chrono::seconds(10));
  REQUIRE(reading.systems.passed_over().size() == 1);
  CHECK(reading.systems.passed_over()[0].name == "store3");
  CHECK(reading.systems.passed_over()[0].reason.text() == "no answer within the deadline");
}

TEST_CASE("with three of a pack's systems gone, its files are lost by name and the others are read") {
  FetchWorld world(5, 6);
  for (const size_t dead : {0, 1, 2}) world.systems[dead]->state = StoreState::dead;
  Reading reading(world);
  const auto contents = reading.read_all();
  const auto expected = expected_contents(world.files);
  REQUIRE(contents.size() == expected.size());
  size_t lost = 0;
  for (const auto& [path, content] : contents) {
    if (content == expected.at(path)) continue;
    ++lost;
    INFO(path << ": " << content.substr(0, 300));
    CHECK(content.find("pack ") == 0);
    CHECK(content.find(": 1 of 2 shards that it takes are left; the return of 'store1', 'store2', 'store3' would help") == 4 + 1 + 64);
  }
  CHECK(lost > 0);
  CHECK(lost < contents.size());
}

TEST_CASE("one chunk is one range request, two where it crosses a slice") {
  FetchWorld world(6, 6, {.pack_target = 4 << 20});
  Reading reading(world);
  const auto ranges = [&] {
    size_t sum = 0;
    for (const auto& system : world.systems) sum += system->ranges;
    return sum;
  };
  size_t crossing = 0;
  for (uint32_t number = 0; number < reading.reader->vault_part().table_rows; ++number) {
    const Result<ChunkRef> chunk = reading.reader->chunk(number);
    REQUIRE(chunk.has_value());
    const uint64_t shard_length = reading.reader->data_pack(chunk->pack)->pack_length / 2;
    const bool crosses = chunk->offset / shard_length != (chunk->offset + chunk->sealed_length - 1) / shard_length;
    const size_t before = ranges();
    CHECK(reading.reader->read_chunk(number).has_value());
    CHECK(ranges() - before == (crosses ? 2u : 1u));
    crossing += crosses;
  }
  CHECK(crossing > 0);
}

TEST_CASE("the metadata key alone browses and reads no content") {
  FetchWorld world(7, 4);
  Reading reading(world);
  SnapshotRecord record = SnapshotRecord::read(world.record->object(), world.vault.signer.public_key()).value();
  const MetadataKeys keys(world.vault.vault, world.vault.keys.metadata().metadata_key().clone());
  SnapshotReader browser = SnapshotReader::open(reading.context, std::move(record), keys, nullptr).value();
  CHECK(browser.manifest().next().value()->file.path == "/data");
  CHECK(browser.chunk(0).has_value());
  CHECK(browser.read_chunk(0).error().text() == "this reader has the metadata key only");
}

TEST_CASE("numbers that are in no table, and packs in no list, are refused") {
  FetchWorld world(8, 4);
  Reading reading(world);
  const uint32_t rows = reading.reader->vault_part().table_rows;
  CHECK(reading.reader->chunk(rows).error().text() == "the chunk table has no chunk " + std::to_string(rows));
  CHECK(reading.reader->data_pack(400).error().text() == "the pack list has no pack 400 of this kind");
  CHECK(reading.reader->data_pack(600).error().text() == "the pack list has no block 1");
}

TEST_CASE("a pack list block is taken from whoever gives the right bytes") {
  FetchWorld world(9, 4);
  const Digest block = world.record->public_section().data_packs.blocks[0];
  for (size_t i = 0; i < 3; ++i)
    CHECK(world.systems[i]->inside().replace_object(world.vault.vault, StoredKind::pack_list_block, block.hex(), Bytes(100, 7)));
  {
    Reading reading(world);
    CHECK(reading.read_all() == expected_contents(world.files));
  }
  world.systems[3]->inside().replace_object(world.vault.vault, StoredKind::pack_list_block, block.hex(), Bytes(100, 7));
  Reading reading(world);
  CHECK(reading.reader->data_pack(0).error().text() ==
        "pack list block " + block.hex() + " is not to be had: store4: it gave other bytes than the digest says");
}
