// Which hosts a command is about.
#pragma once

#include "inventory/inventory.h"
#include "lib/base/files.h"
#include "lib/cli/command.h"
#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

// The hosts of --limit, in the inventory's order; all without it. Throws usage.
std::vector<Host> selected_hosts(const Arguments& arguments, const Inventory& inventory);

// --list-hosts: their names, and nothing else is done. True: it was given.
bool lists_hosts(CommandContext& context, const std::vector<Host>& hosts);

// The hosts that were not done, a line each, in STATE/not-done, for --limit @; the console names it. Removed where all were done,
// and where it cannot be written, with a warning.
void keep_not_done(const Path& state, const std::vector<std::string>& hosts, Console& console);

}  // namespace sparekeep::central
