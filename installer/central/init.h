// Makes the central's state: prepared whole in a folder beside STATE, then renamed, so that a crash leaves either no state
// or all of it. The root's private half goes into the recovery file (before the rename) and nowhere else. Key files that an
// init left which was killed before the rename belong to no state: the next one with the same options takes their place.
#pragma once

#include <functional>
#include <optional>

#include "inventory/master/delegation.h"
#include "lib/base/files.h"

namespace sparekeep::central {

struct InitOptions {
  Path state;
  std::optional<Path> recovery_file;                   // --recovery-key FILE
  std::optional<Path> admin_file;                      // --admin-key FILE; STATE/admin.key otherwise
  EscrowMode escrow = EscrowMode::central;
  std::function<void(std::string_view)> print_recovery;  // to the terminal, once; none: there is no terminal
};

struct InitOutcome {
  HostId central;
  PublicKey root;
  Digest authority_fingerprint;
};

// Throws: failed where there is a state already (nothing changes), usage without terminal and recovery_file, exists where
// a key file is there already.
InitOutcome init_central(const InitOptions& options, const Clock& clock, Random& random);

}  // namespace sparekeep::central
