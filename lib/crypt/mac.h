// HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869) and GMAC (NIST SP 800-38D).
#pragma once

#include <memory>
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

using GmacTag = Id<struct GmacTagTag, 16>;

// AES-256-GMAC with the nonce zero: a universal hash at the speed of memory. Whoever knows neither key nor tags finds two messages of one tag by chance
// alone (their length / 2^132); whoever sees tags is not held off, so it is for what never leaves the machine. Not thread safe.
class Gmac {
 public:
  explicit Gmac(const Secret& key);       // 32 bytes
  ~Gmac();
  Gmac(Gmac&&) noexcept;
  GmacTag of(ByteSpan message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sparekeep
