// Runs a program from its tables: finds the command, parses, prints help or refuses, runs, turns failure into an exit code.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/cli/command.h"
#include "lib/cli/console.h"

namespace sparekeep {

using Environment = std::map<std::string, std::string>;

Environment process_environment();  // only mains name it

// `arguments` without the program's name. Never throws; the exit code is as interfaces.md says.
int run_program(const Program& program, const std::vector<std::string>& arguments, const Environment& environment, Streams streams);

}  // namespace sparekeep
