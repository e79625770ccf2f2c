// The options of commands that log in to hosts.
#pragma once

#include "installer/ssh/host_door.h"
#include "lib/cli/command.h"

namespace sparekeep::central {

std::vector<Option> with_login_options(std::vector<Option> options);   // and -k, -b, -K, --forks
LoginOptions login_options_of(CommandContext& context);
void check_login_options(const CommandContext& context);               // -k and -K need somebody who types: throws usage
size_t forks_of(const Arguments& arguments);                           // asked before anything is touched: throws usage
void check_exit_code_option(const Arguments& arguments);                // --exit-code says something with --check only: throws usage

}  // namespace sparekeep::central
