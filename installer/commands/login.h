// The options of commands that log in to hosts.
#pragma once

#include "installer/host/host_door.h"
#include "lib/cli/command.h"

namespace sparekeep::central {

std::vector<Option> with_login_options(std::vector<Option> options);   // and -k, -b, -K, --forks
LoginOptions login_options_of(CommandContext& context);
size_t forks_of(const Arguments& arguments);

}  // namespace sparekeep::central
