// Sealing a short secret to a recipient's X25519 key (docs/format.md, "Sealed box").
//
//   shared = X25519(ephemeral, recipient); key || commitment = HKDF-SHA-256(shared, salt = ephemeral public || recipient
//   public, info = "sparekeep sealed box v1", 64); box = ephemeral public (32) || commitment (32) || AES-256-GCM(key,
//   counter 0, associated) . The commitment ties a box to one key: no box opens to two different contents.
#pragma once

#include "lib/base/id.h"
#include "lib/base/random.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

using RecipientKey = Id<struct RecipientKeyTag, 32>;   // an X25519 public key

constexpr size_t kSealedBoxOverhead = 32 + 32 + 16;

class OpeningKey {                                     // an X25519 private key
 public:
  static OpeningKey make(Random& random);
  explicit OpeningKey(Secret scalar);                  // 32 bytes
  const RecipientKey& recipient() const { return recipient_; }
  const Secret& scalar() const { return scalar_; }
  Result<Secret> open(ByteSpan associated, ByteSpan box) const;   // denied when it is not for this key or was altered

 private:
  Secret scalar_;
  RecipientKey recipient_;
};

// Throws denied when `recipient` is not a usable key (a point of small order).
Bytes seal_to(const RecipientKey& recipient, ByteSpan associated, ByteSpan plain, Random& random);

}  // namespace sparekeep
