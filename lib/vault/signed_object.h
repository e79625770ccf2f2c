// Objects whose last 64 bytes are a signature over every byte before (docs/format.md, "Signatures").
#pragma once

#include "lib/base/bytes.h"
#include "lib/crypt/signature.h"

namespace sparekeep {

constexpr size_t kSignatureSize = Signature::kSize;

// Signs what was written so far and appends the signature.
inline Bytes sign_object(ByteWriter& writer, std::string_view domain, const SigningKey& signer) {
  writer.raw(signer.sign(domain, writer.bytes()).bytes());
  return writer.take();
}

// Was `object` signed by `key`? false also when it is too short to hold a signature.
inline bool verify_object(ByteSpan object, std::string_view domain, const PublicKey& key) {
  if (object.size() < kSignatureSize) return false;
  const size_t length = object.size() - kSignatureSize;
  return verify_signature(key, domain, object.first(length), Signature::from(object.subspan(length)));
}

}  // namespace sparekeep
