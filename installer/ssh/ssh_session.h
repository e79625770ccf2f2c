// One connection to one host. Opened once a command; each script runs in a channel of its own. Used by one thread at a time.
#pragma once

#include <memory>

#include "installer/host/script_talk.h"
#include "installer/ssh/key_ring.h"
#include "installer/ssh/ssh_target.h"
#include "lib/base/descriptor.h"

namespace sparekeep::central {

struct SshExec {
  std::string command;                         // as the login shell of the host is told: nothing secret stands in it
  Duration limit{};
  Secret become_password = {};                 // what sudo gets when it prints kSudoPrompt
};

constexpr std::string_view kSudoPrompt = "sparekeep-password:";

struct WatchedCall;

class SshSession {
 public:
  SshSession(SshTarget target, KeyRing& ring, const Clock& clock);
  ~SshSession();
  SshSession(const SshSession&) = delete;

  // Connects, checks the host's key, logs in. Each failure is unreachable and says at which stage and what to do.
  Result<void> open();
  bool is_open() const;

  // Runs one command with the talk's bytes on its standard input. unreachable: the connection went away, or nothing came in time.
  Result<ScriptResult> exec(const SshExec& exec, ScriptTalk& talk);

  std::string local_address() const;           // of this end; empty through a proxy

 private:
  struct Parts;
  Result<void> open_without_agents(WatchedCall& call, const Error& why);
  Result<void> configure();
  Result<void> connect();
  Result<Descriptor> reach();
  Result<Descriptor> start_proxy(const std::string& command);
  void tell(int level, const std::string& text) const;
  std::string where() const;
  Error not_connected(const Result<int>& state) const;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sparekeep::central
