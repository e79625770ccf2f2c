// The vault descriptor: what a vault is, for ever; it lies with the records. A change makes a new epoch. The vault's id is made
// from its owner and its signer: who has the id can believe any descriptor of it that reads well, and nobody takes it first.
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

VaultId vault_id_of(const HostId& owner, const PublicKey& signer);

// Signed by the key that it names: `signer` must be the descriptor's own, and the vault that of owner and signer.
Bytes write_descriptor(const VaultDescriptor& descriptor, const SigningKey& signer);

// corrupt unless it parses to the last byte, its sizes are sane, the key that it names signed it and its vault is the one of this
// owner and signer. Whether it is the vault that was asked for, the reader compares.
Result<VaultDescriptor> read_descriptor(ByteSpan object);

constexpr size_t kDescriptorSize = 16 + 16 + 4 + 16 + 8 + 12 + 3 + 32 + 64;

}  // namespace sparekeep
