// Signed objects as a signer who lies would make them: the input's own signature is replaced by a true one of a fixed key,
// so that parsers are reached behind the check of the signature.
#pragma once

#include "lib/crypt/signature.h"

namespace sparekeep {

inline const SigningKey& fuzz_signer() {
  static const SigningKey key(Secret(Bytes(32, 0x22)));
  return key;
}

inline Bytes resigned(ByteSpan object, std::string_view domain) {
  const size_t length = object.size() < Signature::kSize ? 0 : object.size() - Signature::kSize;
  Bytes bytes(object.begin(), object.begin() + static_cast<ptrdiff_t>(length));
  append(bytes, fuzz_signer().sign(domain, bytes).bytes());
  return bytes;
}

}  // namespace sparekeep
