#include "lib/crypt/aead.h"

#include "lib/base/hex.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Bytes sealed_by(Aead& aead, uint64_t counter, ByteSpan associated, ByteSpan plain) {
  Bytes sealed(plain.size() + kAeadTagSize);
  aead.seal(counter, associated, plain, sealed);
  return sealed;
}

Result<Bytes> opened_by(Aead& aead, uint64_t counter, ByteSpan associated, ByteSpan sealed) {
  Bytes plain(sealed.size() - kAeadTagSize);
  if (Result<void> done = aead.open(counter, associated, sealed, plain); !done) return done.error();
  return plain;
}

Aead counted_key() {
  Bytes key(kAeadKeySize);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return Aead(Secret(std::move(key)));
}

}  // namespace

TEST_CASE("AES-256-GCM gives the values of its specification (test cases 13 and 14)") {
  Aead aead(Secret{Bytes(kAeadKeySize)});
  CHECK(to_hex(sealed_by(aead, 0, {}, {})) == "530f8afbc74536b9a963b4f1c4cb738b");
  CHECK(to_hex(sealed_by(aead, 0, {}, Bytes(16))) == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_CASE("the nonce is the counter, little-endian, then four zero bytes") {
  // by another implementation: key 00..1f, nonce 08070605 04030201 00000000, associated "where", text "what"
  Aead aead = counted_key();
  CHECK(to_hex(sealed_by(aead, 0x0102030405060708, as_bytes("where"), as_bytes("what"))) == "c0d7101145ba0f3fba36cb3aedbb70168430cc30");
}

TEST_CASE("what was sealed opens, in any order and again") {
  Aead aead = counted_key();
  const Bytes large(100'001, 'x');
  const Bytes first = sealed_by(aead, 1, as_bytes("a"), large);
  const Bytes second = sealed_by(aead, 2, {}, as_bytes("two"));
  CHECK(opened_by(aead, 2, {}, second).value() == Bytes{'t', 'w', 'o'});
  CHECK(opened_by(aead, 1, as_bytes("a"), first).value() == large);
  CHECK(opened_by(aead, 1, as_bytes("a"), first).value() == large);
  Aead moved = std::move(aead);
  CHECK(opened_by(moved, 2, {}, second).value() == Bytes{'t', 'w', 'o'});
}

TEST_CASE("any altered byte, counter, key or associated data is refused, and nothing is left in the buffer") {
  Aead aead = counted_key();
  const Bytes sealed = sealed_by(aead, 7, as_bytes("where"), as_bytes("the content"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes altered = sealed;
    altered[i] ^= 1;
    Bytes plain(sealed.size() - kAeadTagSize, 0xee);
    const Result<void> opened = aead.open(7, as_bytes("where"), altered, plain);
    REQUIRE(opened.has_error());
    CHECK(opened.error().kind() == ErrorKind::corrupt);
    CHECK(opened.error().text() == "the sealed bytes do not fit their tag");
    CHECK(plain == Bytes(plain.size()));
  }
  CHECK(opened_by(aead, 8, as_bytes("where"), sealed).has_error());
  CHECK(opened_by(aead, 7, as_bytes("wher"), sealed).has_error());
  CHECK(opened_by(aead, 7, {}, sealed).has_error());
  Aead other(Secret(Bytes(kAeadKeySize, 9)));
  CHECK(opened_by(other, 7, as_bytes("where"), sealed).has_error());
  CHECK(opened_by(aead, 7, as_bytes("where"), sealed));
}

TEST_CASE("fewer bytes than a tag are refused") {
  Aead aead = counted_key();
  Bytes nothing;
  CHECK(aead.open(0, {}, {}, nothing).error().kind() == ErrorKind::corrupt);
  CHECK(aead.open(0, {}, Bytes(kAeadTagSize - 1), nothing).error().kind() == ErrorKind::corrupt);
  CHECK(opened_by(aead, 0, {}, sealed_by(aead, 0, {}, {})).value().empty());
}
