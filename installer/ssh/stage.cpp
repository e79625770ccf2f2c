#include "installer/ssh/stage.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "installer/host/script_talk.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

// sshd holds a small answer back until the one before it is acknowledged, and the kernel an acknowledgement for 40 ms in case it can go with data. Its
// own guess comes back after each packet. A proxy's socket knows nothing of it.
void acknowledge_at_once(int socket) {
  const int on = 1;
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on));
}

}  // namespace

bool SocketWait::once(ssh_session session, Duration at_most) {
  if (std::exchange(looks_again_, false)) return true;
  pollfd wait{ssh_get_fd(session), POLLIN, 0};
  acknowledge_at_once(wait.fd);
  if ((ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0) wait.events |= POLLOUT;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(std::min(tick_, at_most));
  const bool has_something = ::poll(&wait, 1, static_cast<int>(milliseconds.count()) + 1) != 0;
  tick_ = has_something ? kFirstTick : std::min(tick_ * 2, kFullTick);
  looks_again_ = has_something;
  return has_something;
}

Error no_answer(const Stage& stage) {
  return Error(ErrorKind::unreachable, "no answer within " + format_duration(stage.limit) + " (" + std::string(stage.name) + ")");
}

std::string ssh_fault(ssh_session session) {
  std::string text = ssh_get_error(session);
  while (text.ends_with('\n') || text.ends_with('.')) text.pop_back();
  return text.empty() ? "the connection was closed" : printable(text);
}

std::string last_banner_line(ssh_session session) {
  char* banner = ssh_get_issue_banner(session);
  if (!banner) return "";
  const TextHandle owner(banner);
  const std::string line = last_line(banner);
  return line.empty() ? "" : "; it says " + in_quotes(line);
}

namespace {

// What the host itself gave as its reason, in its last message or before.
Error hung_up(ssh_session session, const Stage& stage) {
  const std::string_view fault = ssh_get_error(session);
  const std::string words = last_banner_line(session);
  const bool has_reason = fault.find("SSH_MSG_DISCONNECT") != std::string_view::npos;
  const std::string why = has_reason ? ": " + ssh_fault(session) + words : words;
  return Error(ErrorKind::unreachable, "it closed the connection (" + std::string(stage.name) + ")" + why + "; its log says " + (why.empty() ? "why" : "more"));
}

}  // namespace

Result<int> carry_through(ssh_session session, const Clock& clock, const Stage& stage, int again, const std::function<int()>& step) {
  const Deadline deadline(clock, stage.limit);
  SocketWait wait;
  while (true) {
    const int result = step();
    if (result != again) return result;
    if (!ssh_is_connected(session)) return hung_up(session, stage);
    if (deadline.passed()) return no_answer(stage);
    wait.once(session, deadline.left());
  }
}

}  // namespace sparekeep::central
