// The agent's side of the units: on a host where it is not root, restores and hooks are carried out by them.
#pragma once

#include "agent/orders/backup_order.h"
#include "agent/privileged/channel.h"

namespace sparekeep::agent {

// Neither root nor a host that this machine plays: then what needs root's rights goes to the units.
bool needs_units(const AgentHost& host);

class UnitClient {
 public:
  // no_state: "restores run as root by sparekeep-restore.socket, and '/run/sparekeep/restore.sock' is not there; run install on the central".
  UnitClient(const HostPaths& paths, SignedOrder order, Clock& clock) : paths_(paths), order_(std::move(order)), clock_(clock) {}

  // The hooks of kBeforeStep or kAfterStep, as run_hooks() says. What was carried out before for this run is not run again, and no failure.
  Result<SkipReason> hooks(std::string_view step, size_t count, const Stopped& stopped) const;
  // The order's command of this name, as start_own_command() says; it may be begun as often as the register lets it.
  Result<StartedCommand> command(const CommandSource& command, const Stopped& stopped) const;
  RunResult restore(const RunHooks& hooks) const;      // throws, as run_restore_order() does

 private:
  // A connection on which the request was sent.
  Result<Channel> connect(std::string_view step, const std::string& command = {}) const;
  Result<StartedCommand> command_once(const CommandSource& command, const Stopped& stopped) const;
  // `once` once more for a while where it is busy: the process of a run that was broken off needs a moment to see it.
  template <typename T>
  Result<T> patiently(const Stopped& stopped, const std::function<Result<T>()>& once) const;
  Result<RunResult> ask(std::string_view step, Duration within, const RunHooks& hooks) const;
  Result<RunResult> ask_once(std::string_view step, Duration within, const RunHooks& hooks) const;
  const HostPaths paths_;
  const SignedOrder order_;
  Clock& clock_;
};

// What a run needs of the units, or of this process, put into `hooks`.
RunHooks with_rights(const AgentHost& host, const SignedOrder& signed_order, const Order& order, RunHooks hooks);

}  // namespace sparekeep::agent
