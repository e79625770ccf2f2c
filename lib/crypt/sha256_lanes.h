// SHA-256 of several messages at once. Within a message each step of the processor's SHA instructions waits for the one before: two messages side by
// side take little longer than one. Many of one length go sixteen at once (sha256_sixteen.h), where the processor can. No library of Debian offers
// either; where there is neither OpenSSL takes one after the other.
#pragma once

#include <span>

#include "lib/base/id.h"

namespace sparekeep {

struct PrefixedMessage {                // hashed as one: first `prefix`, then `body`
  static constexpr size_t kPrefixMax = 64;
  ByteSpan prefix, body;
};

// digests[i] is that of messages[i]; both of one length.
void sha256_each(std::span<const PrefixedMessage> messages, std::span<Digest> digests);

// The ways that it takes, for tests.
bool has_sha256_instructions();
void sha256_each_by_instructions(std::span<const PrefixedMessage> messages, std::span<Digest> digests);   // where there are such
void sha256_each_by_library(std::span<const PrefixedMessage> messages, std::span<Digest> digests);

}  // namespace sparekeep
