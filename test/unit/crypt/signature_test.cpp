#include "lib/crypt/signature.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

// RFC 8032, 7.1, TEST 1024. The message has zero bytes inside: what stands before the first of them is a domain in our
// sense, what stands behind it a message, and the two composed are the published bytes.
constexpr std::string_view kSeed = "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5";
constexpr std::string_view kPublicKey = "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e";
constexpr std::string_view kSignature =
    "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
    "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03";
constexpr std::string_view kMessage =
    "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c50544e23fb1433ddf"
    "73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338b"
    "bd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da9"
    "03401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
    "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d9562"
    "9e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6"
    "079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e694"
    "85bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
    "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2"
    "af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301"
    "651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f672451"
    "7b65e614ad6808d6f6ee34dff7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
    "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8"
    "b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a4"
    "3dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba7"
    "7c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
    "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00"
    "a0b9d0";

Secret seed_of(std::string_view hex) { return Secret(from_hex(hex).value()); }

}  // namespace

TEST_CASE("Ed25519 keys have the public halves of RFC 8032") {
  CHECK(SigningKey(seed_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")).public_key().hex() ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(SigningKey(seed_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")).public_key().hex() ==
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  CHECK(SigningKey(seed_of(kSeed)).public_key().hex() == kPublicKey);
}

TEST_CASE("a signature over a domain and a message is RFC 8032's over domain, zero, message") {
  const Bytes published = from_hex(kMessage).value();
  REQUIRE(published.size() == 1023);
  const std::string_view whole = as_text(published);
  const size_t zero = whole.find('\0');
  REQUIRE(zero != std::string_view::npos);
  const std::string_view domain = whole.substr(0, zero);
  const ByteSpan message = as_bytes(whole.substr(zero + 1));
  const SigningKey key(seed_of(kSeed));
  CHECK(key.sign(domain, message).hex() == kSignature);
  CHECK(verify_signature(key.public_key(), domain, message, Signature::parse(kSignature).value()));
}

TEST_CASE("a signature fits its key, domain and message alone") {
  SeededRandom random(1);
  const SigningKey key = SigningKey::make(random), other = SigningKey::make(random);
  const Signature signature = key.sign("master file", as_bytes("version 7"));
  CHECK(verify_signature(key.public_key(), "master file", as_bytes("version 7"), signature));
  CHECK_FALSE(verify_signature(other.public_key(), "master file", as_bytes("version 7"), signature));
  CHECK_FALSE(verify_signature(key.public_key(), "job order", as_bytes("version 7"), signature));
  CHECK_FALSE(verify_signature(key.public_key(), "master file", as_bytes("version 8"), signature));
  CHECK_FALSE(verify_signature(key.public_key(), "master", as_bytes(" fileversion 7"), signature));
  CHECK_FALSE(verify_signature(PublicKey{}, "master file", as_bytes("version 7"), signature));
  CHECK_FALSE(verify_signature(key.public_key(), "master file", as_bytes("version 7"), Signature{}));
  const SigningKey again(key.seed().clone());
  CHECK(again.sign("master file", as_bytes("version 7")) == signature);
}

TEST_CASE("a signature with any byte altered is refused") {
  SeededRandom random(2);
  const SigningKey key = SigningKey::make(random);
  const Signature signature = key.sign("d", as_bytes("m"));
  for (size_t i = 0; i < Signature::kSize; ++i) {
    Signature altered = signature;
    altered.value[i] ^= 0x10;
    INFO("byte " << i);
    CHECK_FALSE(verify_signature(key.public_key(), "d", as_bytes("m"), altered));
  }
}

TEST_CASE("nothing is signed by a key that nobody filled in") {
  Signature forged;   // R = the neutral point, S = 0: fits every message under a key of small order
  forged.value[0] = 1;
  int taken = 0;
  for (int i = 0; i < 64; ++i) taken += verify_signature(PublicKey{}, "d", as_bytes(std::to_string(i)), forged);
  CHECK(taken == 0);
}
