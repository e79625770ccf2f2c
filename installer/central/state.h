// The opened STATE of a central: its keys and what they were delegated. Holding it means holding the lock on STATE.
#pragma once

#include <optional>

#include "installer/central/layout.h"
#include "inventory/master/delegation.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

class CentralState {
 public:
  // Run as root it becomes the owner of STATE first. Throws: no_state ("no central state in '…'; run sparekeep init"),
  // busy when another command still holds it after `wait_lock`, unsupported for a newer format, corrupt, denied.
  static CentralState open(const Path& folder, Duration wait_lock, Clock& clock);

  const StatePaths& paths() const { return paths_; }
  const HostId& id() const { return id_; }
  const PublicKey& root() const { return delegation_.root; }
  const Delegation& delegation() const { return delegation_; }
  const Bytes& delegation_object() const { return delegation_object_; }
  const CertificateAuthority& authority() const { return authority_; }
  const SigningKey& master_signer() const { return master_signer_; }
  const OpeningKey& escrow() const { return escrow_; }
  const OpeningKey& catalogue_key() const { return catalogue_key_; }
  const SigningKey& admin_key() const;                 // throws denied where the admin keeps it elsewhere and it is absent

 private:
  CentralState(StatePaths paths, FileLock lock);
  StatePaths paths_;
  FileLock lock_;
  HostId id_;
  Delegation delegation_;
  Bytes delegation_object_;
  CertificateAuthority authority_;
  SigningKey master_signer_;
  OpeningKey escrow_, catalogue_key_;
  std::optional<SigningKey> admin_key_;
};

}  // namespace sparekeep::central
