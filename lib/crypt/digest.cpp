#include "lib/crypt/digest.h"

#include <openssl/evp.h>

#include "lib/crypt/handle.h"

namespace sparekeep {

namespace {

// OpenSSL goes through its tables of names for each fetch, which is more than a short digest takes. Never freed: the process may digest until its end.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

struct Sha256::Context {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> state{EVP_MD_CTX_new()};

  Context() {
    SK_CHECK(algorithm() && state);
    begin();
  }
  void begin() { SK_CHECK(EVP_DigestInit_ex2(state.get(), algorithm(), nullptr) == 1); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(ByteSpan bytes) {
  SK_CHECK(EVP_DigestUpdate(context_->state.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest Sha256::finish() {
  Digest digest;
  SK_CHECK(EVP_DigestFinal_ex(context_->state.get(), digest.value.data(), nullptr) == 1);
  context_->begin();
  return digest;
}

Digest sha256(ByteSpan bytes) { return Sha256().update(bytes).finish(); }

}  // namespace sparekeep
