// Where our own files lie on a host, below its root: "" on a real one, a folder for a host that this machine plays.
#pragma once

#include "lib/base/files.h"

namespace sparekeep {

struct HostPaths {
  Path root;                                         // "/" or a folder

  Path below(std::string_view absolute) const { return root / Path(absolute).relative_path(); }
  Path settings() const { return below("/etc/sparekeep"); }
  Path host_id() const { return settings() / "host-id"; }
  Path delegation() const { return settings() / "delegation.bin"; }
  Path daemon_settings() const { return settings() / "daemon.toml"; }
  Path agent_settings() const { return settings() / "agent.toml"; }
  Path programs() const { return below("/usr/lib/sparekeep"); }
  Path daemon_state() const { return below("/var/lib/sparekeep/daemon"); }
  Path agent_state() const { return below("/var/lib/sparekeep/agent"); }
  Path order_register() const { return below("/var/lib/sparekeep/orders"); }   // root's: which orders its units have carried out
  Path run() const { return below("/run"); }
  Path restore_socket() const { return run() / "sparekeep/restore.sock"; }
  Path hook_socket() const { return run() / "sparekeep/hook.sock"; }
};

}  // namespace sparekeep
