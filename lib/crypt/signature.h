// Ed25519 (RFC 8032). Every signature is over a domain, a zero byte, and the message, so that what is signed for one
// purpose is never valid for another.
#pragma once

#include "lib/base/id.h"
#include "lib/base/random.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

using PublicKey = Id<struct PublicKeyTag, 32>;
using Signature = Id<struct SignatureTag, 64>;

class SigningKey {
 public:
  static SigningKey make(Random& random);
  explicit SigningKey(Secret seed);            // the 32-byte seed of RFC 8032
  const PublicKey& public_key() const { return public_key_; }
  const Secret& seed() const { return seed_; }
  Signature sign(std::string_view domain, ByteSpan message) const;

 private:
  Secret seed_;
  PublicKey public_key_;
};

bool verify_signature(const PublicKey& key, std::string_view domain, ByteSpan message, const Signature& signature);

}  // namespace sparekeep
