// HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869).
#pragma once

#include <memory>

#include "lib/base/id.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

// HMAC with one key over many messages: the key is set up once. Not thread safe.
class Hmac {
 public:
  explicit Hmac(const Secret& key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Digest of(ByteSpan message);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest hmac_sha256(const Secret& key, ByteSpan message);

// extract and expand in one; `info` names the use, `length` <= 8160.
Secret hkdf_sha256(const Secret& key, ByteSpan salt, std::string_view info, size_t length);
Secret hkdf_sha256(const Secret& key, ByteSpan salt, ByteSpan info, size_t length);

}  // namespace sparekeep
