#include "lib/crypt/mac.h"

#include <numeric>

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Bytes counted(uint8_t from, size_t length) {
  Bytes bytes(length);
  std::iota(bytes.begin(), bytes.end(), from);
  return bytes;
}

std::string hex_of(const Secret& secret) { return to_hex(secret.reveal()); }

}  // namespace

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231") {
  CHECK(hmac_sha256(Secret(Bytes(20, 0x0b)), as_bytes("Hi There")).hex() ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256(Secret(as_bytes("Jefe")), as_bytes("what do ya want for nothing?")).hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256(Secret(Bytes(20, 0xaa)), Bytes(50, 0xdd)).hex() ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hmac_sha256(Secret(counted(1, 25)), Bytes(50, 0xcd)).hex() ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(hmac_sha256(Secret(Bytes(131, 0xaa)), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")).hex() ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac_sha256(Secret(Bytes(131, 0xaa)), as_bytes("This is a test using a larger than block-size key and a larger than block-size "
                                                       "data. The key needs to be hashed before being used by the HMAC algorithm."))
            .hex() ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("one key serves many messages, each from the keyed start") {
  const HmacLanes mac(Secret(as_bytes("Jefe")));
  const Bytes longer(100'000, 7);
  const std::vector<ByteSpan> messages = {as_bytes("what do ya want for nothing?"), {}, longer, as_bytes("what do ya want for nothing?")};
  std::vector<Digest> digests(messages.size());
  mac.of_each(messages, digests);
  CHECK(digests[0].hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(digests[1] == hmac_sha256(Secret(as_bytes("Jefe")), {}));
  CHECK(digests[2] == hmac_sha256(Secret(as_bytes("Jefe")), longer));
  CHECK(digests[3] == digests[0]);
}

TEST_CASE("HKDF-SHA-256 gives the values of RFC 5869") {
  CHECK(hex_of(hkdf_sha256(Secret(Bytes(22, 0x0b)), counted(0, 13), counted(0xf0, 10), 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(hex_of(hkdf_sha256(Secret(counted(0, 80)), counted(0x60, 80), counted(0xb0, 80), 82)) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  CHECK(hex_of(hkdf_sha256(Secret(Bytes(22, 0x0b)), {}, ByteSpan(), 42)) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("HKDF takes its use as text, and each use has a key of its own") {
  const Secret key(Bytes(32, 1));
  CHECK(same_secret(hkdf_sha256(key, {}, "chunk id", 32).reveal(), hkdf_sha256(key, {}, as_bytes("chunk id"), 32).reveal()));
  CHECK_FALSE(same_secret(hkdf_sha256(key, {}, "chunk id", 32).reveal(), hkdf_sha256(key, {}, "splitter", 32).reveal()));
  CHECK(hkdf_sha256(key, {}, "long", 8160).size() == 8160);
}

TEST_CASE("GMAC gives the values of the GCM specification, and each message has its own whatever came before") {
  CHECK(Gmac(Secret(Bytes(32, 0))).of({}).hex() == "530f8afbc74536b9a963b4f1c4cb738b");      // its test case 13
  Gmac gmac(Secret(counted(0, 32)));
  const GmacTag tag = gmac.of(as_bytes("abc"));
  CHECK(tag.hex() == "f6e9addf71d44fda7b56e10407827468");                                    // of openssl mac
  CHECK(gmac.of(Bytes(100'000, 7)) != gmac.of(Bytes(100'001, 7)));
  CHECK(gmac.of(as_bytes("abc")) == tag);
}
