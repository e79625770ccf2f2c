// The life of a long-running program: its pid file while it serves, and the wait for SIGTERM or SIGINT.
#pragma once

#include <stop_token>

#include "lib/base/files.h"

namespace sparekeep {

// Blocks SIGTERM and SIGINT for this thread and all that it starts. First in main, before any thread.
void block_stop_signals();

// Waits for one of them; true: SIGINT.
bool wait_for_stop_signal();

class PidFile {                                       // held and locked while the object lives
 public:
  explicit PidFile(Path file);                        // throws busy when another process of ours holds it
  ~PidFile();
  PidFile(const PidFile&) = delete;

 private:
  const Path file_;
  Descriptor lock_;
};

}  // namespace sparekeep
