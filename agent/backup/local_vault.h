// The vault of this host as the host keeps it: keys, signer, descriptor, key record. Made once, by the agent, before its first
// backup; the central never makes one. All files 0600 below STATE/vaults/VAULT/, durable before anything is stored with them.
#pragma once

#include <memory>

#include "lib/base/files.h"
#include "lib/crypt/digest.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"

namespace sparekeep::agent {

struct VaultRecipients {
  std::vector<Recipient> recipients;               // escrow and recovery keys of the delegation, and this host's own
};

struct SnapshotHead {
  uint64_t sequence = 0;                           // 0: none yet
  Digest record;
};

class LocalVault {
 public:
  // Opens the one vault of this host, or makes it. denied with fewer than two recipients; corrupt when its files are damaged.
  static Result<LocalVault> open_or_make(const Path& state, const HostId& host, const VaultRecipients& recipients, Clock& clock, Random& random);

  // The vault as it is; not_found when this host has none yet, and only then: one of which a file is missing is corrupt.
  static Result<LocalVault> open(const Path& state);

  const VaultDescriptor& descriptor() const { return descriptor_; }
  const Bytes& descriptor_object() const { return descriptor_object_; }
  const Bytes& key_record_object() const { return key_record_object_; }
  const VaultKeys& keys() const { return *keys_; }
  const SigningKey& signer() const { return *signer_; }
  const Path& folder() const { return folder_; }

  // The newest record that this host knows of (agent/backup/vault_head.h: its systems may know of a newer one): its sequence, and its digest
  // for the chain; zeros before the first. corrupt, or what the file system says: never taken for a vault without snapshots.
  Result<SnapshotHead> head() const;
  Result<void> set_head(const SnapshotHead& head);

 private:
  LocalVault() = default;
  static Result<LocalVault> load(const Path& folder, const VaultId& vault);
  Result<void> renew_key_record(const VaultRecipients& recipients, Clock& clock, Random& random);

  Path folder_;
  VaultDescriptor descriptor_;
  Bytes descriptor_object_, key_record_object_;
  std::unique_ptr<VaultKeys> keys_;
  std::unique_ptr<SigningKey> signer_;
};

}  // namespace sparekeep::agent
