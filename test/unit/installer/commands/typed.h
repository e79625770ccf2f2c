// Commands of sparekeep as they are typed, with a state of their own.
#pragma once

#include <sstream>

#include "installer/commands/commands.h"
#include "lib/base/files.h"
#include "lib/cli/program.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::central {

struct Ran {
  int code = 0;
  std::string out, err;
};

struct Typed {
  Ran run(std::vector<std::string> arguments, bool terminal = false) const {
    arguments.insert(arguments.begin(), {"--state", state.string()});
    std::istringstream in;
    std::ostringstream out, err;
    const int code = run_program(sparekeep_program(), arguments, {}, {in, out, err, terminal, terminal, terminal, 80});
    return {code, out.str(), err.str()};
  }
  Ran init() const { return run({"init", "--recovery-key", (folder / "recovery").string()}); }
  std::string quoted() const { return "'" + state.string() + "'"; }

  TemporaryFolder folder;
  Path state = folder / "state";
};

}  // namespace sparekeep::central
