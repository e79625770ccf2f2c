// The command table of a program: one row a command, from which come parsing, refusals, `--help`, man pages and the completion of shells.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/cli/exit_code.h"

namespace sparekeep {

class Console;
class Arguments;
struct Program;

enum class Taking { nothing, value, optional_value };  // an optional value is given only with `=`

enum class Meaning { word, file, folder };             // what shells complete where a value or an argument stands

struct Option {
  std::string name = {};          // without the dashes
  char letter = 0;                // 0: no short form
  Taking taking = Taking::nothing;
  std::string value_name = {};    // "DIR"; for help
  std::string documentation = {};
  bool repeatable = false;
  std::string fallback = {};      // the value where the option is absent; empty: none
  std::string implicit = {};      // the value of an optional_value without `=`
  std::string environment = {};   // a variable that stands for the absent option; empty: none
  std::vector<std::string> choices = {};  // the only values there are; others are refused. Empty: any
  Meaning meaning = Meaning::word;
};

struct Positional {
  std::string name = {};          // "PLAYBOOK"; for help and refusals
  size_t at_least = 0, at_most = 0;
  std::vector<std::string> choices = {};
  Meaning meaning = Meaning::word;
};

struct CommandContext {
  const Arguments& arguments;
  Console& console;
  const Program& program;
};

struct Command {
  std::string name = {};          // "apply", or two words: "token create"
  std::string group = {};         // heading in the program's help
  std::string summary = {};       // one line, lower case, no full stop
  std::vector<Option> options = {};
  std::vector<Positional> positionals = {};  // only the last may take several
  std::string example = {};       // whole lines
  std::function<Outcome(CommandContext&)> run = {};  // may throw Error: printed, and its kind is the exit code
  std::string manual = {};        // further paragraphs for its help; may be empty
  bool hidden = false;            // for other programs, not for people: no help, no completion, no man page
};

struct Program {
  std::string name = {};          // "sparekeep"
  std::string summary = {};
  std::string version = {};
  std::vector<Option> options = {};  // global: they may stand anywhere
  std::vector<Command> commands = {};
  bool ends_at_signals = false;      // its commands are ended by signals as interruption.h says; those of services see to it themselves
  int man_section = 1;               // 8: for administrators
};

// What was typed, checked against the tables. Global and own options are asked by name alike; a name that neither table
// has is a bug.
class Arguments {
 public:
  struct Given {
    const Option* option;
    std::vector<std::string> values;  // in order; of a flag one empty text each time it was given
  };
  Arguments(std::vector<Given> options, std::vector<std::string> positionals)
      : options_(std::move(options)), positionals_(std::move(positionals)) {}

  bool flag(std::string_view name) const { return times(name) > 0; }
  size_t times(std::string_view name) const;                           // how often it was given (-vv: 2)
  std::optional<std::string> value(std::string_view name) const;       // given, environment or fallback, in this order
  const std::vector<std::string>& values(std::string_view name) const; // all of a repeatable one
  std::optional<int64_t> integer(std::string_view name, int64_t min, int64_t max) const;  // throws usage
  std::optional<Duration> duration(std::string_view name) const;                          // throws usage
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  const Given& given(std::string_view name) const;
  std::vector<Given> options_;        // every option of both tables
  std::vector<std::string> positionals_;
};

// --json -v -q --color --version --help, for every program.
std::vector<Option> standard_options();
// Those and --state --inventory --wait-lock: the global options of `sparekeep`.
std::vector<Option> central_options();

}  // namespace sparekeep
