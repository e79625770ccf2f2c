#include "installer/ssh/stage.h"

#include <poll.h>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(200);

}  // namespace

bool wait_for_socket(ssh_session session, Duration at_most) {
  pollfd wait{ssh_get_fd(session), POLLIN, 0};
  if ((ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0) wait.events |= POLLOUT;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(std::min(kTick, at_most));
  return ::poll(&wait, 1, static_cast<int>(milliseconds.count()) + 1) != 0;
}

Error no_answer(const Stage& stage) {
  return Error(ErrorKind::unreachable, "no answer within " + format_duration(stage.limit) + " (" + std::string(stage.name) + ")");
}

std::string ssh_fault(ssh_session session) {
  std::string text = ssh_get_error(session);
  while (text.ends_with('\n') || text.ends_with('.')) text.pop_back();
  return text.empty() ? "the connection was closed" : printable(text);
}

Result<int> carry_through(ssh_session session, const Clock& clock, const Stage& stage, int again, const std::function<int()>& step) {
  const Deadline deadline(clock, stage.limit);
  while (true) {
    const int result = step();
    if (result != again) return result;
    if (!ssh_is_connected(session)) return Error(ErrorKind::unreachable, "it closed the connection (" + std::string(stage.name) + "); its log says why");
    if (deadline.passed()) return no_answer(stage);
    wait_for_socket(session, deadline.left());
  }
}

}  // namespace sparekeep::central
