// One command on a host: its channel from start to exit code.
#pragma once

#include "installer/ssh/ssh_handles.h"
#include "installer/ssh/ssh_session.h"

namespace sparekeep::central {

class SshChannel {
 public:
  SshChannel(ssh_session session, const Clock& clock);
  ~SshChannel();
  SshChannel(const SshChannel&) = delete;

  Result<void> start(const std::string& command);
  Result<ScriptResult> carry(const SshExec& exec, ScriptTalk& talk);

 private:
  enum class Moved { nothing, bytes, lost };
  Moved read_streams(ScriptTalk& talk);
  Moved write(ScriptTalk& talk);
  Result<bool> answer_sudo(const SshExec& exec, const ScriptTalk& talk);   // true: it asked, and the password was sent
  bool ended() const;

  const ssh_session session_;
  const Clock& clock_;
  ChannelHandle channel_;
  size_t sudo_asked_at_ = 0;
  bool password_sent_ = false, input_ended_ = false;
};

}  // namespace sparekeep::central
