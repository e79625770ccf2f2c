// Golden bytes of what packs are made of: written now as ever, and what was written once is read for ever. SK_ACCEPT=1 in
// the environment accepts a change of what is written (never of what is read without a new format).
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/pack_reader.h"
#include "lib/vault/pack_writer.h"
#include "lib/vault/splitter.h"
#include "test/support/catch.h"
#include "test/support/golden.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

Secret key_of(uint8_t byte) { return Secret(Bytes(32, byte)); }

struct World {
  VaultId vault = VaultId::parse("000102030405060708090a0b0c0d0e0f").value();
  HostId owner = HostId::parse("101112131415161718191a1b1c1d1e1f").value();
  VaultKeys keys{vault, key_of(0x11)};
  SigningKey signer{key_of(0x22)};
  OpeningKey escrow{key_of(0x33)}, recovery{key_of(0x44)};
  SeededRandom random{1};

  VaultDescriptor descriptor() const {
    return {.vault = vault_id_of(owner, signer.public_key()), .epoch = 1, .owner = owner, .created = {1'700'000'000'000'000'000},
            .sizes = {}, .signer = signer.public_key()};
  }

  SealedPack pack(Layout layout) {
    PackWriter writer({.vault = vault, .epoch = 1, .kind = PackKind::data, .layout = layout}, keys.packs(), signer, random);
    ChunkNamer namer(keys.packs());
    for (const std::string_view text : {"first chunk", "second chunk"})
      writer.add(namer.id_of(as_bytes(text)), static_cast<uint32_t>(text.size()), Compressor::as_it_is(as_bytes(text)));
    return writer.close();
  }
};

}  // namespace

TEST_CASE("golden keys of a vault") {
  const World world;
  ByteWriter writer;
  const MetadataKeys& metadata = world.keys.metadata();
  for (const Secret* key : {&metadata.metadata_key(), &world.keys.packs().chunk_id_key, &world.keys.splitter_key(),
                            &world.keys.packs().pack_key, &metadata.packs().chunk_id_key, &metadata.packs().pack_key,
                            &metadata.record_key()})
    writer.raw(key->reveal());
  writer.raw(world.keys.key_check().bytes());
  CHECK(golden_difference("vault_keys", writer.bytes()) == "");
}

TEST_CASE("golden vault descriptor") {
  const World world;
  CHECK(golden_difference("vault_descriptor", write_descriptor(world.descriptor(), world.signer)) == "");
  CHECK(read_descriptor(golden_bytes("vault_descriptor")).value() == world.descriptor());
}

TEST_CASE("golden key record") {
  World world;
  const KeyRecordFacts facts{.vault = world.vault, .epoch = 1, .created = {1'700'000'000'000'000'000},
                             .recipients = {{RecipientRole::escrow, world.escrow.recipient()},
                                            {RecipientRole::recovery, world.recovery.recipient()}}};
  CHECK(golden_difference("key_record", make_key_record(facts, world.keys, world.signer, world.random).value()) == "");
  const KeyRecord record = KeyRecord::read(golden_bytes("key_record"), world.signer.public_key()).value();
  CHECK(record.recipients() == facts.recipients);
  CHECK(record.created() == facts.created);
  CHECK(record.key_check() == world.keys.key_check());
  CHECK(record.open(world.escrow));
  CHECK(record.open(world.recovery));
}

TEST_CASE("golden shard with its pack header, and the pack in it") {
  World world;
  const SealedPack pack = world.pack({1, 2});
  CHECK(golden_difference("pack_header", pack.header_object) == "");
  CHECK(golden_difference("shard", whole_shard(pack.shards[1])) == "");

  const Bytes object = golden_bytes("shard");
  const ShardHead head = parse_shard_head(object).value();
  const ByteSpan payload = ByteSpan(object).subspan(head.size);
  REQUIRE(verify_shard(head, payload, world.signer.public_key()));
  CHECK(head.header_object == golden_bytes("pack_header"));
  PackReader reader(head.header, world.keys.packs());
  const std::vector<PackedChunk> chunks =
      reader.open_directory(payload.subspan(head.header.directory_offset, head.header.directory_length)).value();
  REQUIRE(chunks.size() == 2);
  Bytes plain;
  REQUIRE(reader.open_chunk(chunks[1], payload.subspan(chunks[1].offset, chunks[1].sealed_length), plain));
  CHECK(as_text(plain) == "second chunk");
}

TEST_CASE("golden pack directory") {
  World world;
  const SealedPack pack = world.pack({1, 1});
  CHECK(golden_difference("pack_directory", write_directory(pack.chunks)) == "");
  CHECK(read_directory(golden_bytes("pack_directory"), pack.header.directory_offset).value() == pack.chunks);
}

TEST_CASE("golden parity") {
  SeededRandom random(6);
  Bytes shards(6 * 64);
  random.fill(MutableSpan(shards).first(4 * 64));
  std::vector<ByteSpan> data;
  std::vector<MutableSpan> parity;
  for (size_t i = 0; i < 4; ++i) data.push_back(ByteSpan(shards).subspan(i * 64, 64));
  for (size_t j = 4; j < 6; ++j) parity.push_back(MutableSpan(shards).subspan(j * 64, 64));
  Erasure({4, 2}).encode(data, parity);
  CHECK(golden_difference("parity_4_2", shards) == "");
}

// A zstd frame as one version of the library wrote it; what is read must not change, what is written may.
TEST_CASE("golden zstd chunk expands") {
  PackWorld words(8);
  const Bytes plain = words.prose(2000);
  if (std::getenv("SK_ACCEPT")) CHECK(golden_difference("zstd_chunk", Compressor({}).compress(plain).bytes) == "");
  Bytes back(2000);
  REQUIRE(Expander().expand(Codec::zstd, golden_bytes("zstd_chunk"), back));
  CHECK(back == plain);
}

TEST_CASE("golden cuts: an unchanged file stays deduplicated with every later program") {
  const World world;
  const GearTable table(world.keys.splitter_key());
  SeededRandom random(7);
  Bytes bytes(256 * 1024);
  random.fill(bytes);
  ByteWriter writer;
  ChunkCutter cutter(table, {.minimum = 4096, .average = 16384, .maximum = 65536});
  const auto note = [&](ByteSpan chunk) { writer.u32(static_cast<uint32_t>(chunk.size())); };
  cutter.push(bytes, note);
  cutter.finish(note);
  CHECK(golden_difference("chunk_lengths", writer.bytes()) == "");
}
