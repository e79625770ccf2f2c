// HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869).
#pragma once

#include <span>

#include "lib/base/id.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

// HMAC with one key over several messages at once (lib/crypt/sha256_lanes.h). May be used by several threads.
class HmacLanes {
 public:
  static constexpr size_t kKeyMax = 64;
  explicit HmacLanes(const Secret& key);  // 1 to kKeyMax bytes
  void of_each(std::span<const ByteSpan> messages, std::span<Digest> digests) const;   // both of one length

 private:
  Secret inner_, outer_;                  // the key as the first block of either hash
};

Digest hmac_sha256(const Secret& key, ByteSpan message);

// extract and expand in one; `info` names the use, `length` <= 8160.
Secret hkdf_sha256(const Secret& key, ByteSpan salt, std::string_view info, size_t length);
Secret hkdf_sha256(const Secret& key, ByteSpan salt, ByteSpan info, size_t length);

}  // namespace sparekeep
