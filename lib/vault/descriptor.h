// The vault descriptor: what a vault is, for ever; it lies with the records. A change makes a new epoch.
#pragma once

#include "lib/base/clock.h"
#include "lib/crypt/signature.h"
#include "lib/vault/types.h"

namespace sparekeep {

struct VaultDescriptor {
  VaultId vault;
  uint32_t epoch = 1;
  HostId owner;
  Time created;
  ChunkSizes sizes;
  PublicKey signer;                                   // of pack headers, key records and snapshot records
  bool operator==(const VaultDescriptor&) const = default;
};

// Signed by the key that it names: `signer` must be the descriptor's own.
Bytes write_descriptor(const VaultDescriptor& descriptor, const SigningKey& signer);

// corrupt unless it parses to the last byte, its sizes are sane and the key that it names signed it. Whether that key is
// the right one, whoever knows the vault says (a daemon pins the first, a reader compares owner and vault).
Result<VaultDescriptor> read_descriptor(ByteSpan object);

constexpr size_t kDescriptorSize = 16 + 16 + 4 + 16 + 8 + 12 + 3 + 32 + 64;

}  // namespace sparekeep
