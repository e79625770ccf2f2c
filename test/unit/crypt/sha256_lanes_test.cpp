#include "lib/crypt/sha256_lanes.h"

#include <algorithm>

#include "lib/base/random.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/mac.h"
#include "lib/crypt/sha256_sixteen.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Bytes noise(size_t length) {
  Bytes bytes(length);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

using Messages = std::vector<PrefixedMessage>;

std::vector<Digest> one_by_one(const Messages& messages) {
  std::vector<Digest> digests;
  for (const PrefixedMessage& message : messages) digests.push_back(Sha256().update(message.prefix).update(message.body).finish());
  return digests;
}

std::vector<Digest> by(void (*way)(std::span<const PrefixedMessage>, std::span<Digest>), const Messages& messages) {
  std::vector<Digest> digests(messages.size());
  way(messages, digests);
  return digests;
}

void check_ways(const Messages& messages) {
  const std::vector<Digest> expected = one_by_one(messages);
  REQUIRE(by(sha256_each, messages) == expected);
  REQUIRE(by(sha256_each_by_library, messages) == expected);
  if (has_sha256_instructions()) REQUIRE(by(sha256_each_by_instructions, messages) == expected);
}

// `count` messages of one length, each at its own place.
Messages alike(ByteSpan bytes, size_t count, size_t prefix, size_t length) {
  Messages messages;
  for (size_t i = 0; i < count; ++i) messages.push_back({bytes.subspan(3 * i, prefix), bytes.subspan(100 + 7 * i, length)});
  return messages;
}

void check_sixteen(const Messages& messages) {
  const std::vector<Digest> expected = one_by_one(messages);
  REQUIRE(by(sha256_each, messages) == expected);
  if (has_sha256_of_sixteen()) REQUIRE(by(sha256_each_by_sixteen, messages) == expected);
}

}  // namespace

TEST_CASE("side by side a message has the digest that it has alone, whatever its length, its prefix and its neighbour") {
  if (!has_sha256_instructions()) WARN("this processor has no SHA instructions: the library's way alone was tested");
  const Bytes bytes = noise(2000);
  const ByteSpan all(bytes);
  for (size_t prefix = 0; prefix <= PrefixedMessage::kPrefixMax; ++prefix)
    for (size_t length = 0; length < 200; ++length)
      check_ways({{all.first(prefix), all.subspan(100, length)}, {all.first(64 - prefix), all.subspan(7, 5 * length)}, {{}, all.subspan(9, 199 - length)}});
}

TEST_CASE("any number of messages of very different lengths get their own digests") {
  const Bytes bytes = noise(300'000);
  const ByteSpan all(bytes);
  for (size_t count = 0; count < 9; ++count) {
    Messages messages;
    for (size_t i = 0; i < count; ++i) messages.push_back({all.subspan(i, 19), all.subspan(i, (i * 7919 + count * 104729) % 290'000)});
    check_ways(messages);
  }
}

TEST_CASE("sixteen at once messages of one length have their own digests, whatever that is and however many lanes they fill") {
  if (!has_sha256_of_sixteen()) WARN("this processor has no AVX-512: sixteen at once were not tested");
  const Bytes bytes = noise(70'000);
  for (size_t prefix = 0; prefix <= PrefixedMessage::kPrefixMax; ++prefix)
    for (size_t length = 0; length < 200; ++length) check_sixteen(alike(bytes, 16, prefix, length));
  for (size_t count = 0; count <= 50; ++count)
    for (const size_t length : {0u, 44u, 45u, 46u, 1000u, 65'536u}) check_sixteen(alike(bytes, count, 19, length));
}

TEST_CASE("messages of one length before and behind others have their own digests") {
  const Bytes bytes = noise(10'000);
  for (size_t count = 0; count <= 36; ++count) {
    Messages messages = alike(bytes, count, 19, 4096);
    for (const PrefixedMessage& other : alike(bytes, 1 + count % 3, 19, 4095)) messages.push_back(other);
    for (const PrefixedMessage& other : alike(bytes, count, 18, 4097)) messages.push_back(other);
    REQUIRE(by(sha256_each, messages) == one_by_one(messages));
    std::reverse(messages.begin(), messages.end());
    REQUIRE(by(sha256_each, messages) == one_by_one(messages));
  }
}

TEST_CASE("the values of FIPS 180-4") {
  const Messages messages = {{{}, as_bytes("abc")}, {as_bytes("abcdbcdecdefdefgefghfghighij"), as_bytes("hijkijkljklmklmnlmnomnopnopq")}};
  const std::vector<Digest> digests = by(sha256_each, messages);
  CHECK(digests[0].hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digests[1].hex() == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("HMAC of several messages at once is that of each") {
  const Bytes bytes = noise(70'000);
  for (const size_t key_length : {1u, 32u, 64u}) {
    const Secret key(ByteSpan(bytes).first(key_length));
    const std::vector<ByteSpan> messages = {ByteSpan(bytes), {}, ByteSpan(bytes).first(64), ByteSpan(bytes).subspan(1, 60'001)};
    std::vector<Digest> digests(messages.size());
    HmacLanes(key).of_each(messages, digests);
    for (size_t i = 0; i < messages.size(); ++i) CHECK(digests[i] == hmac_sha256(key, messages[i]));
  }
}
