// Help texts, made from the tables.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep {

std::string program_help(const Program& program);
std::string command_help(const Program& program, const Command& command);

}  // namespace sparekeep
