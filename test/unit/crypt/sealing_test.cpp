#include "lib/crypt/sealing.h"

#include "lib/crypt/aead.h"
#include "lib/crypt/mac.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

constexpr std::string_view kAlice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr std::string_view kBob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";

Secret secret_of(std::string_view hex) { return Secret(from_hex(hex).value()); }

// Gives the bytes that it was made with, once.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string_view hex) : bytes_(from_hex(hex).value()) {}
  void fill(MutableSpan bytes) override { std::copy_n(bytes_.begin(), bytes.size(), bytes.begin()); }

 private:
  Bytes bytes_;
};

}  // namespace

TEST_CASE("X25519 keys have the public halves of RFC 7748") {
  CHECK(OpeningKey(secret_of(kAlice)).recipient().hex() == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(OpeningKey(secret_of(kBob)).recipient().hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST_CASE("a box has the form that its format says, from RFC 7748's shared secret on") {
  const OpeningKey alice(secret_of(kAlice)), bob(secret_of(kBob));
  FixedRandom random(kAlice);
  const Bytes box = seal_to(bob.recipient(), as_bytes("record"), as_bytes("a vault key"), random);

  const Secret shared = secret_of("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  Bytes salt(alice.recipient().value.begin(), alice.recipient().value.end());
  append(salt, bob.recipient().bytes());
  const Secret keys = hkdf_sha256(shared, salt, "sparekeep sealed box v1", 64);
  Bytes expected(alice.recipient().value.begin(), alice.recipient().value.end());
  append(expected, keys.reveal().subspan(32));
  Bytes sealed(11 + kAeadTagSize);
  Aead(Secret(keys.reveal().first(32))).seal(0, as_bytes("record"), as_bytes("a vault key"), sealed);
  append(expected, sealed);
  CHECK(to_hex(box) == to_hex(expected));
  CHECK(as_text(bob.open(as_bytes("record"), box).value().reveal()) == "a vault key");
}

TEST_CASE("a box opens for its recipient alone, with its associated data alone") {
  SeededRandom random(1);
  const OpeningKey mine = OpeningKey::make(random), other = OpeningKey::make(random);
  const Bytes box = seal_to(mine.recipient(), as_bytes("here"), as_bytes("secret"), random);
  CHECK(box.size() == 6 + kSealedBoxOverhead);
  CHECK(as_text(mine.open(as_bytes("here"), box).value().reveal()) == "secret");
  for (const Result<Secret>& refused : {other.open(as_bytes("here"), box), mine.open(as_bytes("there"), box), mine.open({}, box)}) {
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind() == ErrorKind::denied);
    CHECK(refused.error().text() == "the sealed box is for another key, or was altered");
  }
  const OpeningKey again(mine.scalar().clone());
  CHECK(again.recipient() == mine.recipient());
  CHECK(again.open(as_bytes("here"), box));
}

TEST_CASE("a box with any byte altered, cut or added is refused") {
  SeededRandom random(2);
  const OpeningKey key = OpeningKey::make(random);
  const Bytes box = seal_to(key.recipient(), as_bytes("here"), Bytes(32, 5), random);
  for (size_t i = 0; i < box.size(); ++i) {
    for (const uint8_t bit : {uint8_t(0x01), uint8_t(0x80)}) {
      Bytes altered = box;
      altered[i] = static_cast<uint8_t>(altered[i] ^ bit);
      INFO("byte " << i << ", bit " << int(bit));
      CHECK(key.open(as_bytes("here"), altered).has_error());
    }
    CHECK(key.open(as_bytes("here"), ByteSpan(box).first(i)).error().kind() == ErrorKind::denied);
  }
  Bytes longer = box;
  longer.push_back(0);
  CHECK(key.open(as_bytes("here"), longer).has_error());
}

TEST_CASE("boxes differ each time, and an empty secret has one too") {
  SeededRandom random(3);
  const OpeningKey key = OpeningKey::make(random);
  CHECK(seal_to(key.recipient(), {}, as_bytes("x"), random) != seal_to(key.recipient(), {}, as_bytes("x"), random));
  CHECK(key.open({}, seal_to(key.recipient(), {}, {}, random)).value().size() == 0);
}

TEST_CASE("a recipient or a sender of small order is refused: everyone would know the shared secret") {
  SeededRandom random(4);
  const std::string zero(64, '0');
  CHECK_THROWS_WITH(seal_to(RecipientKey{}, {}, as_bytes("x"), random), "'" + zero + "' is not a usable X25519 key");
  Bytes box = seal_to(OpeningKey::make(random).recipient(), {}, as_bytes("x"), random);
  for (size_t i = 0; i < 32; ++i) box[i] = 0;
  CHECK(OpeningKey::make(random).open({}, box).error().kind() == ErrorKind::denied);
}
