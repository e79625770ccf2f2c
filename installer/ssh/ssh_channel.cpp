#include "installer/ssh/ssh_channel.h"

#include <array>

#include "installer/host/script_talk.h"
#include "installer/ssh/stage.h"
#include "installer/ssh/tcp_connection.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr size_t kPieceMax = 128 * 1024;
constexpr size_t kInFlightMin = 128 * 1024;                   // sshd gives new room once 96 KiB were taken
constexpr int kEmptyTicksMax = 5;                              // then it is a server that gives new room only when half of it is used
constexpr int64_t kBytesPerMicrosecond = 125;                  // a gigabit a second
constexpr Duration kBeginLimit = std::chrono::seconds(10);     // until a shell runs
constexpr Duration kSilenceMax = std::chrono::seconds(90);     // of a script that runs: longer than any service may take to start

// What arrives faster than the command reads it sshd keeps in one piece of memory, which it copies for each packet more, and pays for that
// with more CPU time than for all else: on a short way a part of its window is enough. A way whose length is not known (through a proxy) gets all of it.
size_t in_flight_for(ssh_session session, size_t window) {
  const std::optional<Duration> round_trip = least_round_trip(ssh_get_fd(session));
  if (!round_trip) return window;
  return std::min<size_t>(window, kInFlightMin + static_cast<size_t>(*round_trip / std::chrono::microseconds(1) * kBytesPerMicrosecond));
}

// What it said instead of running the script.
std::string words_of(const ScriptTalk& talk) {
  const std::string line = talk.begun() ? "" : last_line(talk.err().empty() ? talk.out() : talk.err());
  return line.empty() ? "" : "; it says " + in_quotes(line);
}

Error no_shell(const ScriptTalk& talk) {
  return Error(ErrorKind::unreachable, no_answer({"no shell began after the login", kBeginLimit}).text() + words_of(talk) +
                                           "; log in by hand and see what its login scripts, sshd's ForceCommand or PAM wait for");
}

}  // namespace

SshChannel::SshChannel(ssh_session session, const Clock& clock) : session_(session), clock_(clock), channel_(ssh_channel_new(session)) {
  hold_packets(ssh_get_fd(session_), false);
}

namespace {

Error no_command(ssh_session session) {
  return Error(ErrorKind::unreachable, "it runs no command: " + ssh_fault(session) + "; look at MaxSessions of its sshd and at what that logs");
}

}  // namespace

// Mostly the end of the session follows, and goes in the same packet.
SshChannel::~SshChannel() {
  hold_packets(ssh_get_fd(session_), true);
  if (channel_) ssh_channel_close(channel_.get());
}

Result<void> SshChannel::start(const std::string& command) {
  if (!channel_) return Error(ErrorKind::unreachable, ssh_fault(session_));
  Result<int> state = carry_through(session_, clock_, kChannelStage, SSH_AGAIN, [&] { return ssh_channel_open_session(channel_.get()); });
  if (!state) return Error(ErrorKind::unreachable, "after the login " + state.error().text());
  if (*state != SSH_OK) return no_command(session_);
  command_ = command;
  start_limit_ = Deadline(clock_, kExecStage.limit);
  return look_for_start();
}

Result<void> SshChannel::look_for_start() {
  if (!start_limit_) return {};
  const int state = ssh_channel_request_exec(channel_.get(), command_.c_str());
  if (state == SSH_AGAIN && start_limit_->passed()) return Error(ErrorKind::unreachable, "after the login " + no_answer(kExecStage).text());
  if (state == SSH_AGAIN) return {};
  start_limit_.reset();
  if (state != SSH_OK) return no_command(session_);
  return {};
}

SshChannel::Moved SshChannel::read_streams(ScriptTalk& talk) {
  std::array<char, 32 * 1024> buffer;
  Moved moved = Moved::nothing;
  for (const int is_error : {0, 1}) {
    const int count = ssh_channel_read_nonblocking(channel_.get(), buffer.data(), static_cast<uint32_t>(buffer.size()), is_error);
    if (count == SSH_ERROR && !ssh_channel_is_eof(channel_.get())) return Moved::lost;
    if (count <= 0) continue;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(count));
    if (is_error == 0) talk.take_out(bytes);
    else talk.take_err(bytes);
    moved = Moved::bytes;
  }
  return moved;
}

// As much as the host's window takes; what the socket does not take at once libssh keeps, and the window bounds it.
SshChannel::Moved SshChannel::write(ScriptTalk& talk) {
  if (input_ended_) return Moved::nothing;
  look_at_window();
  if (talk.input_ends()) {
    input_ended_ = true;
    ssh_channel_send_eof(channel_.get());
    return Moved::bytes;
  }
  const ByteSpan next = talk.next();
  const size_t most = std::min(room(), kPieceMax);
  if (next.empty() || most == 0 || (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0) return Moved::nothing;
  const int count = ssh_channel_write(channel_.get(), next.data(), static_cast<uint32_t>(std::min(next.size(), most)));
  if (count == SSH_ERROR) return ended() ? Moved::nothing : Moved::lost;
  talk.sent(static_cast<size_t>(count));
  return count > 0 ? Moved::bytes : Moved::nothing;
}

// sshd opens its window only once the command runs.
void SshChannel::look_at_window() {
  const size_t now = ssh_channel_window_size(channel_.get());
  if (now <= window_) return;
  window_ = now;
  in_flight_max_ = in_flight_for(session_, window_);
}

size_t SshChannel::room() const {
  const size_t left = ssh_channel_window_size(channel_.get()), unused = window_ - in_flight_max_;
  return left > unused ? left - unused : 0;
}

bool SshChannel::is_held_back() const { return in_flight_max_ < window_ && room() == 0 && ssh_channel_window_size(channel_.get()) > 0; }

Result<bool> SshChannel::answer_sudo(const SshExec& exec, const ScriptTalk& talk) {
  if (talk.begun() || exec.become_password.size() == 0) return false;
  const size_t at = talk.err().find(kSudoPrompt, sudo_asked_at_);
  if (at == std::string::npos) return false;
  if (password_sent_) return Error(ErrorKind::failed, "sudo does not take the password; give the right one to -K");
  sudo_asked_at_ = at + kSudoPrompt.size();
  password_sent_ = true;
  const ByteSpan password = exec.become_password.reveal();
  ssh_channel_write(channel_.get(), password.data(), static_cast<uint32_t>(password.size()));
  ssh_channel_write(channel_.get(), "\n", 1);
  return true;
}

bool SshChannel::ended() const {
  if (ssh_channel_is_eof(channel_.get()) == 0) return false;
  return ssh_channel_get_exit_status(channel_.get()) >= 0 || ssh_channel_is_closed(channel_.get()) != 0;
}

Result<ScriptResult> SshChannel::carry(const SshExec& exec, ScriptTalk& talk) {
  const Deadline whole(clock_, exec.limit);
  Deadline silence(clock_, kBeginLimit);
  SocketWait wait;
  while (!ended()) {
    if (const Result<void> started = look_for_start(); !started) return started.error();
    const Moved read = read_streams(talk), written = write(talk);
    if (read == Moved::lost || written == Moved::lost || ssh_is_connected(session_) == 0)
      return Error(ErrorKind::unreachable, "the connection was lost: " + ssh_fault(session_) + words_of(talk));
    if (const Result<bool> asked = answer_sudo(exec, talk); !asked) return asked.error();
    if (talk.fault() && input_ended_) break;
    const bool moved = read == Moved::bytes || written == Moved::bytes;
    if (moved && talk.begun()) silence = Deadline(clock_, kSilenceMax);
    if (silence.passed() && !talk.begun()) return no_shell(talk);
    if (silence.passed()) return no_answer({"the host says nothing", kSilenceMax});
    if (whole.passed()) return no_answer({"a script did not end", exec.limit});
    if (moved) continue;
    const bool is_full_tick = wait.is_at_full_tick();
    if (wait.once(session_, std::min(silence.left(), whole.left()))) empty_ticks_ = 0;
    else if (is_full_tick && is_held_back() && ++empty_ticks_ == kEmptyTicksMax) in_flight_max_ = window_;
  }
  if (const Result<void> started = look_for_start(); !started) return started.error();
  while (read_streams(talk) == Moved::bytes) {
  }
  if (talk.fault()) return *talk.fault();
  return talk.finish(ssh_channel_get_exit_status(channel_.get()));
}

}  // namespace sparekeep::central
