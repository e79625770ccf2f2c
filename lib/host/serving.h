// The life of a long-running program: its pid file while it serves, the wait for a signal to stop, and what systemd is told of both.
#pragma once

#include <functional>

#include "lib/host/host_paths.h"

namespace sparekeep {

// Blocks the stop signals (lib/base/stop_signals.h), SIGUSR1 and SIGUSR2 for this thread and all that it starts. First in main, before any thread.
void block_stop_signals();

// Waits for one of the first; true: SIGINT. SIGUSR1 means that a central is there now: `wake` is called; SIGUSR2 that settings have changed: `reread`.
bool wait_for_stop_signal(const std::function<void()>& wake = {}, const std::function<void()>& reread = {});

// Has one of them come, while they are blocked? For work that ends by itself.
bool stop_signal_came();

// Tells who started this program ("READY=1", "STOPPING=1") over NOTIFY_SOCKET, as sd_notify(3) does; nothing where nobody asked for it.
void notify_supervisor(std::string_view state);

// Where NAME.pid lies: below the folder that systemd made for the unit (RUNTIME_DIRECTORY: a program that is not root may not write to /run), else in /run;
// for a host that this machine plays always in its own /run.
Path pid_file_path(const HostPaths& paths, std::string_view name);

class PidFile {                                       // held and locked while the object lives
 public:
  explicit PidFile(Path file);                        // throws busy when another process of ours holds it
  ~PidFile();
  PidFile(const PidFile&) = delete;
  void renew();                                       // as new as now: what was written before has been read

 private:
  const Path file_;
  Descriptor lock_;
};

}  // namespace sparekeep
