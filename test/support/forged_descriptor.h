// A descriptor as a thief would make it for somebody else's vault: well formed, well signed by the key that it names, and not of
// the owner and signer that the vault's id is made from.
#pragma once

#include "lib/vault/descriptor.h"

namespace sparekeep {

inline Bytes forged_descriptor(VaultDescriptor facts, const SigningKey& thief) {
  constexpr size_t kVaultAt = 16;
  const VaultId stolen = facts.vault;
  facts.signer = thief.public_key();
  facts.vault = vault_id_of(facts.owner, facts.signer);
  Bytes object = write_descriptor(facts, thief);
  std::copy(stolen.value.begin(), stolen.value.end(), object.begin() + kVaultAt);
  object.resize(object.size() - Signature::kSize);
  append(object, thief.sign("sparekeep vault descriptor v1", object).bytes());
  return object;
}

}  // namespace sparekeep
