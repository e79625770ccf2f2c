// Command line to Arguments, in two passes: the first finds the command's word among the global options, the second knows
// the command's own table. The only includer of Boost.Program_options is parse.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/cli/command.h"

namespace sparekeep {

struct CommandChoice {
  const Command* command = nullptr;     // null: none was named (help or version was asked for, or nothing at all)
  std::vector<std::string> arguments;   // all but the command's words
};

// A command's own option stands before a global one of the same name ("master --version N").
bool has_own(const Command* command, std::string_view name);

// "--" ends the options, also before the command; "help" and "help COMMAND" are --help, unless a command has that name.
// Throws usage: an unknown command, or an option before the command that is not global.
CommandChoice choose_command(const Program& program, const std::vector<std::string>& arguments);

// Throws usage with a suggestion. Without a command only global options are known. Positionals are counted unless help is
// asked for. A variable of the environment stands for an absent option; for a repeatable one it is a list with ':'.
Arguments parse_arguments(const Program& program, const CommandChoice& choice, const std::map<std::string, std::string>& environment);

}  // namespace sparekeep
