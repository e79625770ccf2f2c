// The restore of one snapshot into one target: the recipe. It converges: what is right already is not touched, so that a second
// restore of the same snapshot writes nothing. Every file is verified: chunks by tag and id, the whole file by its hash, before it
// gets its final name. What cannot be restored is named, and the rest is carried through.
#pragma once

#include "agent/restore/file_writer.h"
#include "agent/restore/selection.h"
#include "lib/fetch/snapshot_reader.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Where a restore writes; nothing where order.check_only is set and there is no target yet.
// `names` must outlive the writer.
using TargetOpener = std::function<Result<std::unique_ptr<TargetWriter>>(const RestoreOrder& order, AccountNames& names, const WarningSink& warn)>;

// The target as this process reaches it itself; `beneath` as in WriterOptions.
Result<std::unique_ptr<TargetWriter>> open_target(const RestoreOrder& order, std::string beneath, AccountNames& names, const WarningSink& warn);

struct RestoreWorld {
  Clock& clock;
  AccountNames& names;
  SnapshotReader& snapshot;
  TargetOpener open_target = {};     // empty: open_target() above
};

struct RestoreRequest {
  const Order& order;
  Selection selection;
  std::function<void(const RunProgress&)> progress;
  std::function<bool()> stopped;
};

// In the result: state complete or failed; errors name files (kind lost: no return of the bytes without the systems named in the text);
// `changed` counts what was written, changed or removed below the target, each entry once, or would be (check_only); `changes` names it there.
// Throws Error where nothing could be begun.
RunResult run_restore(const RestoreRequest& request, RestoreWorld& world);

}  // namespace sparekeep::agent
