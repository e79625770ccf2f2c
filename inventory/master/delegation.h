// The delegation: what the offline root lets the online keys do (docs/format.md, "Delegation"). Hosts pin the root alone
// and take the certificate authority, the master file's signer, the recipients of vault keys and the admins' keys from
// here; a new epoch replaces all of them, whatever a thief of the old ones has signed.
#pragma once

#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/crypt/sealing.h"
#include "lib/crypt/signature.h"

namespace sparekeep {

enum class EscrowMode : uint8_t { central = 1, offline = 2 };
std::string_view name_of(EscrowMode mode);             // "central", "offline"

struct Delegation {
  PublicKey root;                                      // who signed it
  uint32_t epoch = 1;
  Time issued;
  std::string authority_pem;                           // the online certificate authority
  PublicKey master_signer;
  RecipientKey escrow;                                 // of vault keys, where `mode` is central
  RecipientKey catalogue;                              // of second metadata
  EscrowMode mode = EscrowMode::central;
  std::vector<RecipientKey> recovery;                  // of vault keys and second metadata: the admin's, offline
  std::vector<PublicKey> admins;                       // whose orders may carry hooks and go to any path
  bool operator==(const Delegation&) const = default;

  bool has_admin(const PublicKey& key) const;
};

constexpr size_t kDelegationSizeMax = 64 * 1024;
constexpr size_t kRecoveryRecipientsMax = 16, kAdminKeysMax = 256;

// `root` must be the key that the delegation names.
Bytes write_delegation(const Delegation& delegation, const SigningKey& root);

// denied: made by another root than the pinned one. corrupt: form or signature. unsupported: a format of the future.
Result<Delegation> read_delegation(ByteSpan object, const PublicKey& pinned_root);

}  // namespace sparekeep
