#include "installer/ssh/ssh_agent.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>

#include "lib/base/descriptor.h"

namespace sparekeep::central {

namespace {

constexpr std::array<uint8_t, 5> kListKeys{0, 0, 0, 1, 11};   // SSH_AGENTC_REQUEST_IDENTITIES
constexpr size_t kAnswerMax = 1 << 20, kLengthSize = 4;

enum class Moved { all, lost, late };

template <typename Step>
Moved carry(const Descriptor& socket, short event, const Deadline& deadline, const Step& step) {
  while (!deadline.passed()) {
    pollfd wait{socket.get(), event, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
    if (::poll(&wait, 1, static_cast<int>(left.count()) + 1) <= 0) continue;
    const ssize_t count = step();
    if (count == 0) return Moved::all;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Moved::lost;
  }
  return Moved::late;
}

// A length of four bytes, and as many bytes.
Moved read_answer(const Descriptor& socket, const Deadline& deadline) {
  std::array<uint8_t, kLengthSize> head{};
  size_t read = 0, size = head.size();
  return carry(socket, POLLIN, deadline, [&]() -> ssize_t {
    std::array<uint8_t, 4096> piece;
    const ssize_t count = ::recv(socket.get(), piece.data(), std::min(piece.size(), size - read), MSG_DONTWAIT);
    if (count == 0) errno = ECONNRESET;
    if (count <= 0) return -1;
    for (ssize_t i = 0; i < count && read + static_cast<size_t>(i) < head.size(); ++i) head[read + static_cast<size_t>(i)] = piece[static_cast<size_t>(i)];
    read += static_cast<size_t>(count);
    if (read == head.size()) size += std::min<size_t>(kAnswerMax, (size_t{head[0]} << 24) | (size_t{head[1]} << 16) | (size_t{head[2]} << 8) | head[3]);
    return read < size ? count : 0;
  });
}

}  // namespace

bool agent_answers(const std::string& path, const Clock& clock) {
  const Deadline deadline(clock, kAgentAnswerLimit);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return true;
  std::copy(path.begin(), path.end(), address.sun_path);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno != EAGAIN;   // it lets connections wait for ever
  size_t sent = 0;
  const Moved asked = carry(socket, POLLOUT, deadline, [&]() -> ssize_t {
    const ssize_t count = ::send(socket.get(), kListKeys.data() + sent, kListKeys.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count <= 0) return -1;
    sent += static_cast<size_t>(count);
    return sent < kListKeys.size() ? count : 0;
  });
  return asked == Moved::lost || (asked == Moved::all && read_answer(socket, deadline) != Moved::late);
}

}  // namespace sparekeep::central
