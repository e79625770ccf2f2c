// AES-256-CTR keystream: deterministic bytes from a key, for tables that must look random to whoever has no key.
#pragma once

#include "lib/crypt/secret.h"

namespace sparekeep {

// Fills `stream`; the counter block is all zero at the start and counts as one big-endian number. The key has 32 bytes.
void aes256_ctr_keystream(const Secret& key, MutableSpan stream);

}  // namespace sparekeep
