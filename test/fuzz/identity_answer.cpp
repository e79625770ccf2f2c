// lib/wire/identity.h: what a program prints on a host for install, as the central reads it, and the request for a certificate in it.
#include "lib/wire/identity.h"

#include "lib/crypt/certificate.h"
#include "lib/wire/json.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Result<IdentityAnswer> answer = from_json<IdentityAnswer>(as_text(ByteSpan(data, size)));
  const Result<PublicKey> key = read_request_key(answer ? answer->request : as_text(ByteSpan(data, size)));
  SK_CHECK(!key || !key->is_zero());
  if (answer) SK_CHECK(to_json(from_json<IdentityAnswer>(to_json(*answer)).value()) == to_json(*answer));
  return 0;
}
