#include "lib/crypt/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <limits>

#include "lib/crypt/handle.h"

namespace sparekeep {

namespace {

using CipherState = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Nonce = std::array<uint8_t, 12>;

constexpr size_t kMessageMax = std::numeric_limits<int>::max() - kAeadTagSize;   // OpenSSL counts in int

Nonce nonce_of(uint64_t counter) {
  Nonce nonce{};
  for (size_t i = 0; i < sizeof counter; ++i) nonce[i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

int length_of(ByteSpan bytes) { return static_cast<int>(bytes.size()); }

void add_associated(EVP_CIPHER_CTX* state, ByteSpan associated) {
  int done = 0;
  if (!associated.empty()) SK_CHECK(EVP_CipherUpdate(state, nullptr, &done, associated.data(), length_of(associated)) == 1);
}

void transform(EVP_CIPHER_CTX* state, ByteSpan from, uint8_t* to) {
  int done = 0;
  if (!from.empty()) SK_CHECK(EVP_CipherUpdate(state, to, &done, from.data(), length_of(from)) == 1 && done == length_of(from));
}

}  // namespace

// Both directions keep the key's schedule; a message sets only its nonce.
struct Aead::Context {
  Handle<EVP_CIPHER, EVP_CIPHER_free> algorithm{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  CipherState sealing{EVP_CIPHER_CTX_new()};
  CipherState opening{EVP_CIPHER_CTX_new()};
};

Aead::Aead(const Secret& key) : context_(std::make_unique<Context>()) {
  SK_CHECK(context_->algorithm && context_->sealing && context_->opening && key.size() == kAeadKeySize);
  const uint8_t* bytes = key.reveal().data();
  SK_CHECK(EVP_EncryptInit_ex2(context_->sealing.get(), context_->algorithm.get(), bytes, nullptr, nullptr) == 1);
  SK_CHECK(EVP_DecryptInit_ex2(context_->opening.get(), context_->algorithm.get(), bytes, nullptr, nullptr) == 1);
}

Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;

void Aead::seal(uint64_t counter, ByteSpan associated, ByteSpan plain, MutableSpan sealed) {
  SK_CHECK(plain.size() <= kMessageMax && associated.size() <= kMessageMax && sealed.size() == plain.size() + kAeadTagSize);
  EVP_CIPHER_CTX* state = context_->sealing.get();
  uint8_t* tag = sealed.data() + plain.size();
  int done = 0;
  SK_CHECK(EVP_EncryptInit_ex2(state, nullptr, nullptr, nonce_of(counter).data(), nullptr) == 1);
  add_associated(state, associated);
  transform(state, plain, sealed.data());
  SK_CHECK(EVP_EncryptFinal_ex(state, tag, &done) == 1);
  SK_CHECK(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, tag) == 1);
}

Result<void> Aead::open(uint64_t counter, ByteSpan associated, ByteSpan sealed, MutableSpan plain) {
  const QuietErrors quiet;
  const Error refusal(ErrorKind::corrupt, "the sealed bytes do not fit their tag");
  if (sealed.size() < kAeadTagSize || sealed.size() > kMessageMax) return refusal;
  SK_CHECK(associated.size() <= kMessageMax && plain.size() == sealed.size() - kAeadTagSize);
  EVP_CIPHER_CTX* state = context_->opening.get();
  std::array<uint8_t, kAeadTagSize> tag;
  std::copy(sealed.end() - kAeadTagSize, sealed.end(), tag.begin());
  int done = 0;
  SK_CHECK(EVP_DecryptInit_ex2(state, nullptr, nullptr, nonce_of(counter).data(), nullptr) == 1);
  SK_CHECK(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) == 1);
  add_associated(state, associated);
  transform(state, sealed.first(plain.size()), plain.data());
  uint8_t nothing = 0;
  if (EVP_DecryptFinal_ex(state, &nothing, &done) == 1) return {};
  if (!plain.empty()) OPENSSL_cleanse(plain.data(), plain.size());
  return refusal;
}

}  // namespace sparekeep
