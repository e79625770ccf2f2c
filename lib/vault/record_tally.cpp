#include "lib/vault/record_tally.h"

#include "lib/crypt/digest.h"

namespace sparekeep {

namespace {

constexpr std::string_view kDomain("sparekeep held record v1\0", 25);

}  // namespace

void RecordTally::add(const VaultId& vault, std::string_view name) {
  const Digest one = Sha256().update(as_bytes(kDomain)).update(vault.bytes()).update(as_bytes(name)).finish();
  for (size_t i = 0; i < Digest::kSize; ++i) digest.value[i] ^= one.value[i];
  ++count;
}

}  // namespace sparekeep
