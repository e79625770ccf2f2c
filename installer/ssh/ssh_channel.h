// One command on a host: its channel from start to exit code.
#pragma once

#include <optional>

#include "installer/ssh/ssh_handles.h"
#include "installer/ssh/ssh_session.h"

namespace sparekeep::central {

class SshChannel {
 public:
  SshChannel(ssh_session session, const Clock& clock);
  ~SshChannel();
  SshChannel(const SshChannel&) = delete;

  // Opens it and asks for the command. Whether the host runs it carry() sees: what the command is to read goes out without waiting for that.
  Result<void> start(const std::string& command);
  Result<ScriptResult> carry(const SshExec& exec, ScriptTalk& talk);

 private:
  enum class Moved { nothing, bytes, lost };
  Moved read_streams(ScriptTalk& talk);
  Moved write(ScriptTalk& talk);
  void look_at_window();
  size_t room() const;                                                     // bytes that may be sent now
  bool is_held_back() const;                                               // by ourselves, where the host's window has room
  Result<void> look_for_start();
  Result<bool> answer_sudo(const SshExec& exec, const ScriptTalk& talk);   // true: it asked, and the password was sent
  bool ended() const;

  const ssh_session session_;
  const Clock& clock_;
  ChannelHandle channel_;
  std::string command_;
  std::optional<Deadline> start_limit_;                                    // while the host has not said whether it runs the command
  size_t window_ = 0, in_flight_max_ = 0;                                  // as far as the host has opened it; of it, what is used
  int empty_ticks_ = 0;                                                    // while we held back
  size_t sudo_asked_at_ = 0;
  bool password_sent_ = false, input_ended_ = false;
};

}  // namespace sparekeep::central
