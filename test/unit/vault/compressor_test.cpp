// Compression: what shrinks, what is stored, and what expand refuses.
#include "lib/vault/compressor.h"

#include <map>

#include "test/support/catch.h"
#include "test/support/pack_world.h"

using namespace sparekeep;

namespace {

Bytes frame_of(ByteSpan plain) {
  Compressor compressor({});
  const Compressor::Compressed compressed = compressor.compress(plain);
  REQUIRE(compressed.codec == Codec::zstd);
  return Bytes(compressed.bytes.begin(), compressed.bytes.end());
}

std::string expand_error(Codec codec, ByteSpan bytes, size_t length) {
  Bytes plain(length);
  const Result<void> expanded = Expander().expand(codec, bytes, plain);
  return expanded ? "" : expanded.error().text();
}

}  // namespace

TEST_CASE("what shrinks comes back, with contexts used again") {
  PackWorld world;
  Compressor compressor({.on = true, .level = 1});
  Expander expander;
  for (const size_t length : {1000u, 300'000u, 50'000u, 64u}) {
    const Bytes plain = world.prose(length);
    const Compressor::Compressed compressed = compressor.compress(plain);
    CHECK(compressed.codec == Codec::zstd);
    CHECK(compressed.bytes.size() < plain.size());
    Bytes back(plain.size());
    REQUIRE(expander.expand(compressed.codec, compressed.bytes, back));
    CHECK(back == plain);
  }
}

TEST_CASE("what does not shrink is stored as it is, without a copy") {
  PackWorld world;
  Compressor compressor({});
  for (const size_t length : {0u, 1u, 5000u, 400'000u}) {
    const Bytes plain = world.noise(length);
    const Compressor::Compressed compressed = compressor.compress(plain);
    CHECK(compressed.codec == Codec::stored);
    CHECK(compressed.bytes.data() == plain.data());
    CHECK(compressed.bytes.size() == plain.size());
  }
}

TEST_CASE("what shrinks in one stretch alone is compressed, wherever that lies") {
  PackWorld world;
  const Bytes noise = world.noise(400'000);
  for (const size_t at : {0u, 60'000u, 130'000u, 370'000u}) {
    Bytes plain = noise;
    std::fill_n(plain.begin() + at, 30'000, uint8_t{0});
    CHECK(Compressor({}).compress(plain).bytes.size() < 372'000);
  }
}

TEST_CASE("auto makes pieces of large files smaller, and every piece comes back, whatever the one before was of") {
  PackWorld world;
  Compressor automatic({.on = true, .level = Compression::kAuto});
  Expander expander;
  const Bytes plain = world.prose(1'500'000);
  std::map<Compressor::Of, size_t> sizes;
  for (const Compressor::Of of : {Compressor::Of::files, Compressor::Of::large_file, Compressor::Of::files, Compressor::Of::large_file}) {
    const Compressor::Compressed compressed = automatic.compress(plain, fast_hash(plain), of);
    CHECK((sizes[of] == 0 || sizes[of] == compressed.bytes.size()));
    sizes[of] = compressed.bytes.size();
    Bytes back(plain.size());
    REQUIRE(expander.expand(compressed.codec, compressed.bytes, back));
    CHECK(back == plain);
  }
  CHECK(sizes[Compressor::Of::large_file] < sizes[Compressor::Of::files]);
}

TEST_CASE("a bit that flips between reading and compressing is found out, and what was proven is known by its hash") {
  PackWorld world;
  Bytes plain = world.prose(5000);
  const uint64_t as_read = fast_hash(plain);
  Compressor compressor({});
  const Compressor::Compressed good = compressor.compress(plain, as_read);
  CHECK(good.hash == chunk_proof(Codec::zstd, 5000, fast_hash(good.bytes)));
  plain[2500] ^= 1;
  CHECK_THROWS_WITH(compressor.compress(plain, as_read),
                    "compressing a chunk and expanding it gave other bytes: the memory or processor of this machine is broken");
  const Bytes noise = world.noise(5000);
  CHECK(compressor.compress(noise).hash == chunk_proof(Codec::stored, 5000, fast_hash(noise)));
}

TEST_CASE("off stores everything") {
  const Bytes plain(100'000);
  CHECK(Compressor({.on = false}).compress(plain).codec == Codec::stored);
}

TEST_CASE("compression is written zstd:N or off") {
  CHECK(parse_compression("zstd:3").value() == Compression{});
  CHECK(parse_compression("zstd:19").value().level == 19);
  CHECK_FALSE(parse_compression("off").value().on);
  for (const char* wrong : {"", "zstd", "zstd:", "zstd:0", "zstd:20", "zstd:3x", "gzip:1", "zstd:-1"})
    CHECK(parse_compression(wrong).error().text() ==
          "'" + std::string(wrong) + "' is no compression, expected 'auto', 'zstd:1' to 'zstd:19' or 'off'");
}

TEST_CASE("expand gives the stated length or nothing") {
  PackWorld world;
  const Bytes plain = world.prose(10'000), frame = frame_of(plain);
  CHECK(expand_error(Codec::zstd, frame, 10'000) == "");
  CHECK(expand_error(Codec::zstd, frame, 10'001) == "a compressed chunk holds 10000 bytes, expected 10001");
  CHECK(expand_error(Codec::zstd, frame, 9'999) == "a compressed chunk does not expand: Destination buffer is too small");
  CHECK(expand_error(Codec::stored, plain, 9'999) == "a stored chunk has 10000 bytes, expected 9999");
  CHECK(expand_error(static_cast<Codec>(7), plain, 10'000) == "codec 7 is not known");
}

TEST_CASE("expand takes one whole frame and nothing else") {
  PackWorld world;
  const Bytes frame = frame_of(world.prose(10'000));
  for (size_t length = 0; length < frame.size(); length += 7) CHECK(expand_error(Codec::zstd, ByteSpan(frame).first(length), 10'000) != "");
  Bytes two = frame;
  append(two, frame);
  CHECK(expand_error(Codec::zstd, two, 20'000) == "a compressed chunk is no single zstd frame");
  CHECK(expand_error(Codec::zstd, world.noise(500), 500) == "a compressed chunk is no single zstd frame");
}
