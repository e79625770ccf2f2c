#include "lib/crypt/mac.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <string>

#include "lib/crypt/handle.h"
#include "lib/crypt/sha256_lanes.h"

namespace sparekeep {

namespace {

constexpr size_t kHkdfLengthMax = 255 * Digest::kSize;
constexpr size_t kHkdfInfoMax = 1024;   // OpenSSL's own buffer holds 2048

// OpenSSL reads these and never writes them; its parameter type has no const.
OSSL_PARAM octets(const char* name, ByteSpan bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<uint8_t*>(bytes.data()), bytes.size());
}

OSSL_PARAM sha256_by_name(std::string& name) { return OSSL_PARAM_construct_utf8_string("digest", name.data(), name.size()); }

Secret padded_key(const Secret& key, uint8_t pad) {
  SK_CHECK(key.size() > 0 && key.size() <= HmacLanes::kKeyMax);
  Secret block{Bytes(HmacLanes::kKeyMax, pad)};
  for (size_t i = 0; i < key.size(); ++i) block.reveal_mutable()[i] ^= key.reveal()[i];
  return block;
}

}  // namespace

HmacLanes::HmacLanes(const Secret& key) : inner_(padded_key(key, 0x36)), outer_(padded_key(key, 0x5c)) {}

void HmacLanes::of_each(std::span<const ByteSpan> messages, std::span<Digest> digests) const {
  std::vector<PrefixedMessage> hashed;
  for (const ByteSpan message : messages) hashed.push_back({inner_.reveal(), message});
  sha256_each(hashed, digests);
  const std::vector<Digest> inner(digests.begin(), digests.end());
  for (size_t i = 0; i < hashed.size(); ++i) hashed[i] = {outer_.reveal(), inner[i].bytes()};
  sha256_each(hashed, digests);
}

Digest hmac_sha256(const Secret& key, ByteSpan message) {
  SK_CHECK(key.size() > 0);
  Digest digest;
  size_t length = 0;
  const uint8_t* const done = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.reveal().data(), key.size(), message.data(), message.size(),
                                        digest.value.data(), Digest::kSize, &length);
  SK_CHECK(done != nullptr && length == Digest::kSize);
  return digest;
}

Secret hkdf_sha256(const Secret& key, ByteSpan salt, ByteSpan info, size_t length) {
  SK_CHECK(key.size() > 0 && length > 0 && length <= kHkdfLengthMax && info.size() <= kHkdfInfoMax);
  const Handle<EVP_KDF, EVP_KDF_free> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const Handle<EVP_KDF_CTX, EVP_KDF_CTX_free> state(EVP_KDF_CTX_new(algorithm.get()));
  SK_CHECK(state);
  std::string name = "SHA256";
  std::array<OSSL_PARAM, 5> parameters = {sha256_by_name(name), octets("key", key.reveal())};
  size_t used = 2;
  if (!salt.empty()) parameters[used++] = octets("salt", salt);   // RFC 5869: none is the same as zeros
  if (!info.empty()) parameters[used++] = octets("info", info);
  parameters[used] = OSSL_PARAM_construct_end();
  Secret derived{Bytes(length)};
  SK_CHECK(EVP_KDF_derive(state.get(), derived.reveal_mutable().data(), length, parameters.data()) == 1);
  return derived;
}

Secret hkdf_sha256(const Secret& key, ByteSpan salt, std::string_view info, size_t length) {
  return hkdf_sha256(key, salt, as_bytes(info), length);
}

struct Gmac::State {
  Handle<EVP_MAC, EVP_MAC_free> algorithm{EVP_MAC_fetch(nullptr, "GMAC", nullptr)};
  Handle<EVP_MAC_CTX, EVP_MAC_CTX_free> context{EVP_MAC_CTX_new(algorithm.get())};
};

Gmac::Gmac(const Secret& key) : state_(std::make_unique<State>()) {
  SK_CHECK(key.size() == 32 && state_->context);
  std::string cipher = "AES-256-GCM";
  const std::array<OSSL_PARAM, 2> parameters = {OSSL_PARAM_construct_utf8_string("cipher", cipher.data(), cipher.size()), OSSL_PARAM_construct_end()};
  SK_CHECK(EVP_MAC_init(state_->context.get(), key.reveal().data(), key.size(), parameters.data()) == 1);
}

Gmac::~Gmac() = default;
Gmac::Gmac(Gmac&&) noexcept = default;

GmacTag Gmac::of(ByteSpan message) {
  static constexpr std::array<uint8_t, 12> kNonce{};
  const std::array<OSSL_PARAM, 2> parameters = {octets("iv", kNonce), OSSL_PARAM_construct_end()};
  GmacTag tag;
  size_t length = 0;
  SK_CHECK(EVP_MAC_init(state_->context.get(), nullptr, 0, parameters.data()) == 1);
  SK_CHECK(EVP_MAC_update(state_->context.get(), message.data(), message.size()) == 1);
  SK_CHECK(EVP_MAC_final(state_->context.get(), tag.value.data(), &length, GmacTag::kSize) == 1 && length == GmacTag::kSize);
  return tag;
}

}  // namespace sparekeep
