// The opened STATE of a central: its keys and what they were delegated. Holding it means holding the lock on STATE.
#pragma once

#include <memory>

#include "inventory/master/delegation.h"
#include "installer/central/layout.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

class CentralState {
 public:
  // Run as root it becomes the owner of STATE first. Throws: no_state ("no central state in '…'; run sparekeep init"),
  // busy when another command still holds it after `wait_lock`, unsupported for a newer format, corrupt, denied.
  static CentralState open(const Path& folder, Duration wait_lock, Clock& clock);

  const StatePaths& paths() const { return contents_.paths; }
  const HostId& id() const { return contents_.id; }
  const PublicKey& root() const { return contents_.delegation.root; }
  const Delegation& delegation() const { return contents_.delegation; }
  const Bytes& delegation_object() const { return contents_.delegation_object; }
  const CertificateAuthority& authority() const { return contents_.authority; }
  const SigningKey& master_signer() const { return contents_.master_signer; }
  const OpeningKey& escrow() const { return contents_.escrow; }
  const OpeningKey& catalogue_key() const { return contents_.catalogue_key; }

  // Read when it is asked for: it may lie on a medium that is not always there. Throws denied then.
  SigningKey admin_key() const;

 private:
  struct Contents {
    StatePaths paths;
    FileLock lock;
    HostId id;
    Bytes delegation_object;
    Delegation delegation;
    CertificateAuthority authority;
    SigningKey master_signer;
    OpeningKey escrow, catalogue_key;
  };
  explicit CentralState(Contents contents) : contents_(std::move(contents)) {}
  Contents contents_;
};

// Where STATE is no state of a central that this program can open: no_state, unsupported. Takes no lock.
void check_state_format(const StatePaths& paths);

PublicKey pinned_root(const StatePaths& paths);        // corrupt
Result<SigningKey> read_admin_file(const Path& file);  // whoever's key it is; corrupt, or what reading it says

}  // namespace sparekeep::central
