// The backup of one job on this host: the recipe. Everything it works with comes in from outside; it returns when the snapshot is in
// force on the daemons (or throws), and leaves what the central must hear in the outbox.
#pragma once

#include "agent/backup/command_output.h"
#include "agent/backup/local_vault.h"
#include "agent/backup/outbox.h"
#include "agent/backup/targets.h"
#include "agent/source/walk.h"
#include "lib/vault/compressor.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

struct BackupWorld {
  Clock& clock;
  Random& random;
  AccountNames& names;
  Targets& targets;
  LocalVault& vault;
  Outbox& outbox;
  std::vector<RecipientKey> second_metadata_recipients;     // the catalogue's key and the recovery keys
};

struct BackupRequest {
  const Order& order;
  WalkOptions walk;
  std::function<void(const RunProgress&)> progress;         // a few times a second at most; from the thread of the call
  std::function<bool()> stopped;                            // asked between entries; on other threads, too; true ends the backup (interrupted)
  CommandStarter start_command = {};                        // of an order with commands
};

// Throws Error: not_found (a source does not exist), no_space, unreachable (too few systems), interrupted, failed. In the result
// state is that of lib/vault, name_of; what could not be read is in errors.
RunResult run_backup(const BackupRequest& request, BackupWorld& world);

}  // namespace sparekeep::agent
