// The seam between install and a host: scripts of POSIX sh that run there. A local host runs them on this machine; whoever reaches
// a host otherwise runs the same ones.
#pragma once

#include <string>

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep::central {

struct ScriptResult {
  int exit_code = 0;
  std::string out, err;
};

class HostAccess {
 public:
  virtual ~HostAccess() = default;
  virtual const std::string& name() const = 0;

  // Runs `script` by /bin/sh. unreachable when there is no way to run it, timeout after `limit` (what it started is ended).
  virtual Result<ScriptResult> run(const std::string& script, Duration limit) = 0;

  // Where on the host a script finds this file of the central: brought there, where it must be.
  virtual Result<Path> bring(const Path& file) = 0;
};

constexpr size_t kScriptOutputMax = 4 << 20;         // bytes of each stream; what is over is cut

// Runs it, and a script that exits other than 0 is an Error with the last lines it wrote on standard error.
Result<std::string> output_of(HostAccess& host, const std::string& script, Duration limit);

}  // namespace sparekeep::central
