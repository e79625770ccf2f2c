// What this host's daemon answers to a greeting, asked on the host itself for a central that is logged in to it. A process of the user that the
// daemon runs as does it: root, who asks, parses nothing of what a daemon says that somebody may have broken into.
#pragma once

#include <sys/types.h>

#include <string>

#include "lib/base/clock.h"
#include "lib/base/descriptor.h"
#include "lib/host/host_paths.h"

namespace sparekeep::daemon {

class OwnHello {
 public:
  // Begins. `master`: the central's newest master file, "EPOCH.NUMBER:DIGEST".
  OwnHello(const HostPaths& paths, const std::string& master, const Clock& clock);
  ~OwnHello();                                         // ends the process, whatever it does
  OwnHello(const OwnHello&) = delete;

  std::string words();                                 // Hello as JSON, in one line; empty: the daemon did not answer in time, or not in one

 private:
  const Deadline deadline_;
  Descriptor from_;
  pid_t process_ = -1;
};

}  // namespace sparekeep::daemon
