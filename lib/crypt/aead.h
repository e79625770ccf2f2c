// AES-256-GCM. One object holds one key; nonces are 96-bit counters that the caller never uses twice under one key.
#pragma once

#include <memory>

#include "lib/crypt/secret.h"

namespace sparekeep {

constexpr size_t kAeadKeySize = 32;
constexpr size_t kAeadTagSize = 16;   // stands behind the ciphertext

class Aead {
 public:
  explicit Aead(const Secret& key);   // kAeadKeySize bytes
  ~Aead();
  Aead(Aead&&) noexcept;

  // Writes plain.size() + kAeadTagSize bytes to `sealed`. The nonce is the counter, little-endian, then four zero bytes.
  void seal(uint64_t counter, ByteSpan associated, ByteSpan plain, MutableSpan sealed);

  // Writes sealed.size() - kAeadTagSize bytes to `plain`; corrupt (and plain wiped) when the tag does not fit.
  Result<void> open(uint64_t counter, ByteSpan associated, ByteSpan sealed, MutableSpan plain);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace sparekeep
