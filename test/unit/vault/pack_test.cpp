// Packs: what goes in comes out, from any k shards; nothing opens as something else; the writer proves before it gives out.
#include "lib/vault/pack_proof.h"
#include "lib/vault/pack_reader.h"
#include "lib/vault/pack_writer.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

ByteSpan sealed_of(const SealedPack& pack, const PackedChunk& chunk) {
  return ByteSpan(pack.pack).subspan(chunk.offset, chunk.sealed_length);
}

std::string open_error(PackReader& reader, const PackedChunk& chunk, ByteSpan sealed) {
  Bytes plain;
  const Result<void> opened = reader.open_chunk(chunk, sealed, plain);
  return opened ? "" : opened.error().text();
}

}  // namespace

TEST_CASE("chunks and directory of a pack come back") {
  PackWorld world;
  for (const PackKind kind : {PackKind::data, PackKind::metadata}) {
    const std::vector<Bytes> chunks{world.noise(10'000), world.prose(300'000), Bytes(), world.prose(1)};
    const SealedPack pack = world.pack({2, 2}, chunks, kind);
    PackReader reader(pack.header, world.keys_of(kind));
    REQUIRE(pack.chunks.size() == chunks.size());
    for (size_t i = 0; i < chunks.size(); ++i) {
      Bytes plain;
      REQUIRE(reader.open_chunk(pack.chunks[i], sealed_of(pack, pack.chunks[i]), plain));
      CHECK(plain == chunks[i]);
    }
    const ByteSpan sealed = ByteSpan(pack.pack).subspan(pack.header.directory_offset, pack.header.directory_length);
    CHECK(reader.open_directory(sealed).value() == pack.chunks);
    CHECK(reader.open_directory(sealed.first(sealed.size() - 1)).error().text() ==
          "the pack directory does not have the length of the pack header");
  }
}

TEST_CASE("places are final when a chunk is added, and the writer fills up") {
  PackWorld world;
  PackWriter writer({.vault = world.vault, .layout = {1, 1}, .target = 1000}, world.keys.packs(), world.signer, world.random);
  CHECK(writer.empty());
  const Bytes plain = world.noise(600);
  const ChunkId id = ChunkNamer(world.keys.packs()).id_of(plain);
  const PackedChunk first = writer.add(id, 600, Compressor::as_it_is(plain));
  CHECK(first.offset == 0);
  CHECK(first.sealed_length == 616);
  CHECK_FALSE(writer.full());
  const PackedChunk second = writer.add(id, 600, Compressor::as_it_is(plain));
  CHECK(second.offset == 616);
  CHECK(second.index == 1);
  CHECK(writer.full());
  CHECK(writer.length() == 1232);
  CHECK(writer.close().chunks == std::vector<PackedChunk>{first, second});
  CHECK(writer.empty());
}

TEST_CASE("a writer goes on with used buffers, and its packs are as good") {
  PackWorld world;
  PackWriter writer = world.writer({2, 1});
  ChunkNamer namer(world.keys.packs());
  const void* buffer = nullptr;
  for (int round = 0; round < 3; ++round) {
    const Bytes plain = world.noise(200'000);
    writer.add(namer.id_of(plain), 200'000, Compressor::as_it_is(plain));
    SealedPack pack = writer.close();
    PackReader reader(pack.header, world.keys.packs());
    CHECK(open_error(reader, pack.chunks[0], sealed_of(pack, pack.chunks[0])) == "");
    CHECK(assemble_pack(pack.header, payloads_of(pack, {2, 1})).value() == pack.pack);
    CHECK((round == 0 || pack.pack.data() == buffer));
    buffer = pack.pack.data();
  }
}

TEST_CASE("a pack ends where little padding follows, near its target") {
  PackWorld world;
  ChunkNamer namer(world.keys.packs());
  const uint64_t target = 1 << 20;
  uint64_t content = 0, whole = 0;
  PackWriter writer({.vault = world.vault, .layout = {1, 1}, .target = target}, world.keys.packs(), world.signer, world.random);
  for (int i = 0; i < 400; ++i) {
    const Bytes plain = world.noise(10'000 + static_cast<size_t>(i * 7919 % 30'000));
    writer.add(namer.id_of(plain), static_cast<uint32_t>(plain.size()), Compressor::as_it_is(plain));
    if (!writer.full()) continue;
    CHECK(writer.length() >= target * 5 / 8 - 5000);
    CHECK(writer.length() < target * 5 / 4 + 40'000);
    const SealedPack pack = writer.close();
    content += pack.header.directory_offset + pack.header.directory_length;
    whole += pack.header.pack_length;
  }
  CHECK(content > 4 * target);
  CHECK(whole - content < content / 200);          // ends that fall anywhere: one in 64
}

TEST_CASE("small packs are kept as copies that share one buffer") {
  PackWorld world;
  const SealedPack pack = world.pack({4, 2}, {world.noise(1000)});
  CHECK(pack.header.layout == Layout{1, 2});
  CHECK(pack.parity.empty());
  for (const SealedShard& shard : pack.shards) CHECK(shard.payload.data() == pack.pack.data());
}

TEST_CASE("the same chunks make another pack each time, with another salt") {
  PackWorld world;
  const Bytes plain = world.noise(1000);
  const SealedPack one = world.pack({1, 1}, {plain}), two = world.pack({1, 1}, {plain});
  CHECK(one.header.content_digest == two.header.content_digest);
  CHECK(one.header.salt != two.header.salt);
  CHECK(one.header.pack != two.header.pack);
  CHECK(one.pack != two.pack);
}

TEST_CASE("even with a repeated salt, other content has another key") {
  PackWorld one(4), two(4);
  const Bytes a(1000, 'a'), b(1000, 'b');
  PackWriter first = one.writer({1, 1}), second = two.writer({1, 1});
  first.add(ChunkNamer(one.keys.packs()).id_of(a), 1000, Compressor::as_it_is(a));
  second.add(ChunkNamer(two.keys.packs()).id_of(b), 1000, Compressor::as_it_is(b));
  const SealedPack sealed_a = first.close(), sealed_b = second.close();
  REQUIRE(sealed_a.header.salt == sealed_b.header.salt);
  Bytes difference(1000);
  for (size_t i = 0; i < 1000; ++i) difference[i] = sealed_a.pack[i] ^ sealed_b.pack[i];
  CHECK(difference != Bytes(1000, 'a' ^ 'b'));
}

TEST_CASE("a chunk opens at its own place only") {
  PackWorld world;
  const SealedPack pack = world.pack({1, 1}, {world.noise(1000), world.noise(1000)});
  const PackedChunk chunk = pack.chunks[0];
  const ByteSpan sealed = sealed_of(pack, chunk);
  const auto error_with = [&](const auto& change) {
    PackedChunk changed = chunk;
    change(changed);
    PackReader reader(pack.header, world.keys.packs());
    return open_error(reader, changed, sealed);
  };
  const std::string refused = "chunk 0 of the pack: the sealed bytes do not fit their tag";
  CHECK(error_with([](PackedChunk&) {}) == "");
  CHECK(error_with([&](PackedChunk& changed) { changed.id = pack.chunks[1].id; }) == refused);
  CHECK(error_with([](PackedChunk& changed) { changed.codec = Codec::zstd; }) == refused);
  CHECK(error_with([](PackedChunk& changed) { changed.plain_length = 999; }) == refused);
  CHECK(error_with([](PackedChunk& changed) { changed.index = 1; }) == "chunk 1 of the pack: the sealed bytes do not fit their tag");
  const std::string impossible = "chunk 0 of the pack has an impossible place or length";
  CHECK(error_with([](PackedChunk& changed) { changed.plain_length = UINT32_MAX; }) == impossible);
  CHECK(error_with([](PackedChunk& changed) { changed.offset = UINT32_MAX; }) == impossible);
  CHECK(error_with([](PackedChunk& changed) { changed.sealed_length = 15; }) == impossible);
}

TEST_CASE("a chunk of another vault, epoch, kind or pack does not open") {
  PackWorld world;
  const SealedPack pack = world.pack({1, 1}, {world.noise(1000)}), other = world.pack({1, 1}, {world.noise(1000)});
  const auto error_with = [&](const auto& change) {
    PackHeader header = pack.header;
    change(header);
    PackReader reader(header, world.keys.packs());
    return open_error(reader, pack.chunks[0], sealed_of(pack, pack.chunks[0]));
  };
  const std::string refused = "chunk 0 of the pack: the sealed bytes do not fit their tag";
  CHECK(error_with([](PackHeader&) {}) == "");
  CHECK(error_with([](PackHeader& header) { header.vault.value[0] ^= 1; }) == refused);
  CHECK(error_with([](PackHeader& header) { header.epoch = 2; }) == refused);
  CHECK(error_with([](PackHeader& header) { header.kind = PackKind::metadata; }) == refused);
  CHECK(error_with([](PackHeader& header) { header.salt.value[0] ^= 1; }) == refused);
  CHECK(error_with([&](PackHeader& header) { header.content_digest = other.header.content_digest; }) == refused);
  PackReader wrong_keys(pack.header, world.keys.metadata().packs());
  CHECK(open_error(wrong_keys, pack.chunks[0], sealed_of(pack, pack.chunks[0])) == refused);
}

TEST_CASE("a chunk that was named wrongly is found out") {
  PackWorld world;
  const SealedPack pack = world.pack({1, 1}, {world.prose(400)});
  const PackKeys names{.chunk_id_key = Secret(Bytes(32, 9)), .pack_key = world.keys.packs().pack_key.clone()};
  PackReader reader(pack.header, names);
  CHECK(open_error(reader, pack.chunks[0], sealed_of(pack, pack.chunks[0])) == "chunk 0 of the pack does not have its id");
}

TEST_CASE("a reader that takes ids by the tag takes no other chunk for the one that was asked for") {
  PackWorld world;
  const SealedPack pack = world.pack({1, 1}, {world.prose(400), world.prose(400)});
  const PackKeys names{.chunk_id_key = Secret(Bytes(32, 9)), .pack_key = world.keys.packs().pack_key.clone()};
  PackReader reader(pack.header, names, ChunkIds::by_tag);
  CHECK(open_error(reader, pack.chunks[0], sealed_of(pack, pack.chunks[0])) == "");
  PackedChunk other = pack.chunks[0];
  other.id = pack.chunks[1].id;
  CHECK(open_error(reader, other, sealed_of(pack, pack.chunks[0])) == "chunk 0 of the pack: the sealed bytes do not fit their tag");
  CHECK(open_error(reader, pack.chunks[1], sealed_of(pack, pack.chunks[0])) != "");
}

TEST_CASE("a bit that flips between a chunk's compression and its sealing keeps the pack from being given out") {
  PackWorld world;
  const Bytes plain = world.prose(5000);
  Compressor compressor({});
  const Compressor::Compressed compressed = compressor.compress(plain);
  REQUIRE(compressed.codec == Codec::zstd);
  for (const Compressor::Compressed& proven : {compressed, Compressor::as_it_is(plain)}) {
    Bytes bytes(proven.bytes.begin(), proven.bytes.end());
    bytes[bytes.size() / 2] ^= 1;
    PackWriter writer = world.writer({1, 1});
    writer.add(ChunkNamer(world.keys.packs()).id_of(plain), 5000, {proven.codec, bytes, proven.hash});
    CHECK_THROWS_WITH(writer.close(), "a chunk of a new pack is not what was read: the memory or processor of this machine is broken");
    PackWriter other = world.writer({1, 1});
    other.add(ChunkNamer(world.keys.packs()).id_of(plain), 5001, proven);      // not its length
    CHECK_THROWS_WITH(other.close(), "a chunk of a new pack is not what was read: the memory or processor of this machine is broken");
  }
}

TEST_CASE("every flipped byte and every truncation of a pack is refused") {
  PackWorld world;
  const SealedPack pack = world.pack({1, 1}, {world.noise(300), world.prose(500)});
  Bytes bytes = pack.pack;
  const std::string refused = "shard 1 does not have the digest of the pack header";
  const auto error_of = [&](ByteSpan payload) {
    const std::vector<ShardSpan> payloads{{1, payload}};
    const Result<Bytes> assembled = assemble_pack(pack.header, payloads);
    return assembled ? "" : assembled.error().text();
  };
  PackReader reader(pack.header, world.keys.packs());
  for (size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= 2;
    REQUIRE(error_of(bytes) == refused);
    for (const PackedChunk& chunk : pack.chunks) {
      const bool inside = at >= chunk.offset && at < chunk.offset + chunk.sealed_length;
      REQUIRE((open_error(reader, chunk, ByteSpan(bytes).subspan(chunk.offset, chunk.sealed_length)) != "") == inside);
    }
    bytes[at] ^= 2;
    REQUIRE(error_of(ByteSpan(bytes).first(at)) == refused);
  }
  CHECK(error_of(bytes) == "");
}

TEST_CASE("too few shards are lost, and a shard of another pack is refused") {
  PackWorld world;
  const SealedPack pack = world.pack({2, 2}, {world.noise(200'000)}), other = world.pack({2, 2}, {world.noise(200'000)});
  CHECK(assemble_pack(pack.header, payloads_of(pack, {3})).error().text() == "1 shards are left of a pack that needs 2");
  const std::vector<ShardSpan> mixed{{0, pack.shards[0].payload}, {1, other.shards[1].payload}};
  CHECK(assemble_pack(pack.header, mixed).error().text() == "shard 1 does not have the digest of the pack header");
  const std::vector<ShardSpan> outside{{9, pack.shards[0].payload}};
  CHECK(assemble_pack(pack.header, outside).error().text() == "shard index 9 is not of layout 2+2");
}

TEST_CASE("the proof finds a pack that does not open or does not come back") {
  PackWorld world;
  const SealedPack pack = world.pack({2, 1}, {world.noise(200'000), world.noise(10)});
  std::vector<uint64_t> hashes;
  PackReader reader(pack.header, world.keys.packs());
  for (const PackedChunk& chunk : pack.chunks) {
    Bytes plain;
    REQUIRE(reader.open_chunk(chunk, sealed_of(pack, chunk), plain));
    REQUIRE(chunk.codec == Codec::stored);
    hashes.push_back(chunk_proof(Codec::stored, plain.size(), fast_hash(plain)));
  }
  const auto proof_of = [&](size_t flipped) {
    Bytes bytes = pack.pack;
    bytes[flipped] ^= 1;
    return prove_opens(pack.header, world.keys.packs(), {pack.chunks, hashes}, bytes).error().text();
  };
  const std::string broken = ": the memory or processor of this machine is broken";
  CHECK(prove_opens(pack.header, world.keys.packs(), {pack.chunks, hashes}, pack.pack));
  CHECK(proof_of(150'000) == "a sealed chunk of a new pack does not open" + broken);
  CHECK(proof_of(pack.header.directory_offset) == "the sealed directory of a new pack does not open" + broken);
  std::vector<PackedChunk> fewer{pack.chunks[0]};
  CHECK(prove_opens(pack.header, world.keys.packs(), {fewer, hashes}, pack.pack).error().text() ==
        "the directory of a new pack does not name its chunks" + broken);
  std::vector<Bytes> spoilt;
  for (const SealedShard& shard : pack.shards) spoilt.emplace_back(shard.payload.begin(), shard.payload.end());
  std::vector<ByteSpan> shards(spoilt.begin(), spoilt.end());
  CHECK(prove_rebuilds({2, 1}, shards));
  spoilt[2].back() ^= 1;
  CHECK(prove_rebuilds({2, 1}, shards).error().text() == "a new pack does not come back from its parity" + broken);
}

TEST_CASE("the proof meets every shard, also where parity is more than data") {
  PackWorld world;
  for (const Layout layout : {Layout{2, 3}, Layout{2, 5}, Layout{3, 2}, Layout{4, 4}}) {
    const SealedPack pack = world.pack(layout, {world.noise(400'000)});
    REQUIRE(pack.header.layout == layout);
    for (unsigned spoilt = 0; spoilt < layout.count(); ++spoilt) {
      INFO(layout.text() << ", shard " << spoilt);
      std::vector<ByteSpan> shards;
      for (const SealedShard& shard : pack.shards) shards.push_back(shard.payload);
      Bytes other(shards[spoilt].begin(), shards[spoilt].end());
      other[70'000] ^= 1;
      shards[spoilt] = other;
      CHECK(prove_rebuilds(layout, shards).has_error());
    }
  }
}
