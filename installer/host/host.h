// The seam between install and a host: scripts of POSIX sh that run there. A local host runs them on this machine, an SSH host in one
// channel of its one connection; both get the same scripts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep::central {

struct ScriptResult {
  int exit_code = 0;
  std::string out, err;
};

struct ScriptRun {
  std::string script;
  Duration limit{};
  std::vector<ByteSpan> input = {};     // what the script finds on its standard input; stays where it is until run() returns
  // A script that prints the line "ask" gets this on standard input, after `input`; as often as it asks. `out` is what it printed until
  // then. An Error ends its input instead, and is what run() gives.
  std::function<Result<std::string>(const std::string& out)> answer = {};
  std::function<void(std::string_view line)> on_line = {};   // each other line as it comes; only beside `answer`
};

class HostAccess {
 public:
  virtual ~HostAccess() = default;
  virtual const std::string& name() const = 0;

  // Runs the script by /bin/sh, whole or not at all. unreachable when there is no way to run it, timeout after the limit (what it
  // started on this machine is ended).
  virtual Result<ScriptResult> run(const ScriptRun& run) = 0;

  virtual bool shares_files() const = 0;               // true: a script finds files of the central under their own path
  virtual Result<std::string> central_address() = 0;   // of this machine, as the host sees it
};

constexpr size_t kScriptOutputMax = 4 << 20;           // bytes of each stream
constexpr std::string_view kScriptBegins = "sparekeep-begin", kScriptAsks = "ask";

// What /bin/sh is told by -c: it reads a script of so many bytes from standard input and runs it; the rest is the script's to read.
std::string script_reader(size_t script_bytes);

// The same of a script that stands in the command itself, which spares the round trip until there is a standard input. One line, and no
// character that any login shell reads otherwise within single quotes.
std::string script_teller(std::string_view script);

// Runs it, and a script that exits other than 0 is an Error with the last lines it wrote on standard error.
Result<std::string> output_of(HostAccess& host, const ScriptRun& run);

}  // namespace sparekeep::central
