#include "lib/crypt/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace sparekeep {

void aes256_ctr_keystream(const Secret& key, MutableSpan stream) {
  constexpr uint8_t kCounterBlock[16] = {};
  constexpr size_t kKeySize = 32, kStreamMax = 1 << 30;
  SK_CHECK(key.size() == kKeySize && stream.size() <= kStreamMax);
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  SK_CHECK(context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key.reveal().data(), kCounterBlock) == 1);
  std::fill(stream.begin(), stream.end(), uint8_t{0});
  int written = 0;
  SK_CHECK(EVP_EncryptUpdate(context.get(), stream.data(), &written, stream.data(), static_cast<int>(stream.size())) == 1);
  SK_CHECK(static_cast<size_t>(written) == stream.size());
}

}  // namespace sparekeep
