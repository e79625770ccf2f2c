// The options of rolling changes.
#pragma once

#include "installer/install/rollout.h"
#include "lib/cli/command.h"

namespace sparekeep::central {

std::vector<Option> with_rolling_options(std::vector<Option> options);   // and --serial, --max-fail
RolloutOptions rollout_options_of(const Arguments& arguments);           // throws usage

inline constexpr std::string_view kRollingManual =
    "With --serial hosts are done in batches, one after the other; given again, it is the size of the next batch, and the last one goes for all that\n"
    "follow: --serial 1 --serial 25%. When more hosts than --max-fail have failed or were unreachable (a number: of all; a percentage: of one batch),\n"
    "nothing more is begun: the rest is skipped, and stands in STATE/not-done. With --serial alone a batch without one good host ends it.";

}  // namespace sparekeep::central
