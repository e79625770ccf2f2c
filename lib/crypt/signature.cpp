#include "lib/crypt/signature.h"

#include <openssl/evp.h>

#include "lib/crypt/handle.h"

namespace sparekeep {

namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using DigestState = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

Key private_key(const Secret& seed) {
  SK_CHECK(seed.size() == 32);
  Key key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.reveal().data(), seed.size()));
  SK_CHECK(key);
  return key;
}

PublicKey public_half(const Secret& seed) {
  PublicKey half;
  size_t size = PublicKey::kSize;
  SK_CHECK(EVP_PKEY_get_raw_public_key(private_key(seed).get(), half.value.data(), &size) == 1 && size == PublicKey::kSize);
  return half;
}

Bytes signed_bytes(std::string_view domain, ByteSpan message) {
  SK_CHECK(!domain.empty() && domain.find('\0') == std::string_view::npos);   // or two pairs could make the same bytes
  Bytes bytes;
  bytes.reserve(domain.size() + 1 + message.size());
  append(bytes, as_bytes(domain));
  bytes.push_back(0);
  append(bytes, message);
  return bytes;
}

Secret random_seed(Random& random) {
  Secret seed{Bytes(32)};
  random.fill(seed.reveal_mutable());
  return seed;
}

}  // namespace

SigningKey SigningKey::make(Random& random) { return SigningKey(random_seed(random)); }

SigningKey::SigningKey(Secret seed) : seed_(std::move(seed)), public_key_(public_half(seed_)) {}

Signature SigningKey::sign(std::string_view domain, ByteSpan message) const {
  const Bytes bytes = signed_bytes(domain, message);
  const Key key = private_key(seed_);
  const DigestState state(EVP_MD_CTX_new());
  Signature signature;
  size_t size = Signature::kSize;
  SK_CHECK(state && EVP_DigestSignInit_ex(state.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1);
  SK_CHECK(EVP_DigestSign(state.get(), signature.value.data(), &size, bytes.data(), bytes.size()) == 1 && size == Signature::kSize);
  return signature;
}

bool verify_signature(const PublicKey& key, std::string_view domain, ByteSpan message, const Signature& signature) {
  const QuietErrors quiet;
  if (key.is_zero()) return false;   // a field nobody filled in; as a point it has small order, and forging under it is easy
  const Bytes bytes = signed_bytes(domain, message);
  const Key public_key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.value.data(), PublicKey::kSize));
  const DigestState state(EVP_MD_CTX_new());
  SK_CHECK(public_key && state);
  SK_CHECK(EVP_DigestVerifyInit_ex(state.get(), nullptr, nullptr, nullptr, nullptr, public_key.get(), nullptr) == 1);
  return EVP_DigestVerify(state.get(), signature.value.data(), Signature::kSize, bytes.data(), bytes.size()) == 1;
}

}  // namespace sparekeep
