// One line for /bin/sh -c that an order names, as a process group of its own: started as the user that it names, waited for, and ended with all that
// it started where it takes too long or is not wanted any more.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/descriptor.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

struct LineLimits {
  Duration deadline = std::chrono::hours(1);          // of each line: then SIGTERM to it and all that it started
  Duration grace = std::chrono::seconds(5);           // from there to SIGKILL
  std::function<bool()> stopped = {};                 // asked a few times a second; true ends the line in the same way
};

class ShellLine {
 public:
  // As another user only by root: a shell that cannot become it exits with kCannotBecome. Standard output goes to `output`, where that is given, else
  // to where standard error goes. failed: "no user 'postgres' on this host".
  static Result<ShellLine> start(const Hook& line, Descriptor output);

  // Once: its exit code, as a shell would say it. timeout, interrupted: it was ended. Whatever it started and left running goes on, and holds nobody up.
  Result<int> wait(const Clock& clock, const LineLimits& limits);

  // The last lines of what it printed on standard error.
  std::string said() const;

 private:
  ShellLine(pid_t child, Descriptor said);
  bool read_some(int milliseconds);

  pid_t child_;
  Descriptor said_end_, ended_;
  std::string text_;
};

constexpr int kCannotBecome = 126;

}  // namespace sparekeep::agent
