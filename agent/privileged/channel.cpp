#include "agent/privileged/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr Duration kStep = std::chrono::milliseconds(100);   // between two looks at `stopped`

Error gone() { return Error(ErrorKind::closed, "the other side closed the connection"); }
Error too_late(std::string_view what, const Deadline& deadline) {
  return Error(ErrorKind::timeout, std::string(what) + " took longer than " + format_duration(deadline.limit()));
}

// Waits for a moment at most, so that the caller can look at what else ends the wait. true: ready, or at an end.
bool wait_for(int fd, short events, const Deadline& deadline) {
  pollfd waited{fd, events, 0};
  const Duration step = std::min(kStep, deadline.left());
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(step).count();
  return ::poll(&waited, 1, static_cast<int>(milliseconds)) > 0;
}

}  // namespace

Result<Channel> Channel::connect(const Path& path, size_t message_bytes_max) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) return Error(ErrorKind::usage, in_quotes(path.native()) + " is too long for a socket's name");
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_error("connecting to " + in_quotes(path.native()), errno);
  return Channel(std::move(socket), message_bytes_max);
}

ssize_t Channel::send_some(ByteSpan bytes, int passed) const {
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {};
  msghdr message{};
  message.msg_iov = &part, message.msg_iovlen = 1;
  if (passed >= 0) {
    message.msg_control = control, message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t Channel::receive_some(MutableSpan to) {
  if (!takes_descriptors_) return ::recv(socket_.get(), to.data(), to.size(), MSG_DONTWAIT);
  iovec part{to.data(), to.size()};
  int passed = -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {};
  msghdr message{};
  message.msg_iov = &part, message.msg_iovlen = 1;
  message.msg_control = control, message.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  const cmsghdr* header = got >= 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof passed)) return got;
  std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
  passed_.emplace_back(passed);
  return got;
}

Descriptor Channel::passed() {
  if (passed_.empty()) return {};
  Descriptor first = std::move(passed_.front());
  passed_.pop_front();
  return first;
}

Result<void> Channel::send(std::string_view message, const Deadline& deadline, int passed) {
  const Bytes framed = frame(message);
  ByteSpan left = framed;
  while (!left.empty()) {
    const ssize_t sent = send_some(left, left.size() == framed.size() ? passed : -1);
    if (sent > 0) left = left.subspan(static_cast<size_t>(sent));
    if (sent >= 0 || errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return gone();
    if (errno != EAGAIN) return system_error("sending", errno);
    if (!wait_for(socket_.get(), POLLOUT, deadline) && deadline.passed()) return too_late("sending", deadline);
  }
  return {};
}

Result<std::string> Channel::receive(const Deadline& deadline, const Stopped& stopped) {
  buffer_.resize(kReadBytes);
  while (true) {
    Result<std::optional<std::string>> message = reader_.next();
    if (!message) return message.error();
    if (*message) return std::move(**message);
    const ssize_t got = receive_some(buffer_);
    if (got > 0) reader_.feed(ByteSpan(buffer_).first(static_cast<size_t>(got)));
    if (got == 0) return reader_.empty() ? gone() : Error(ErrorKind::corrupt, "the connection ended inside a message");
    if (got > 0 || errno == EINTR) continue;
    if (errno == ECONNRESET) return gone();
    if (errno != EAGAIN) return system_error("receiving", errno);
    if (stopped && stopped()) return Error(ErrorKind::interrupted, "stopped");
    if (!wait_for(socket_.get(), POLLIN, deadline) && deadline.passed()) return too_late("waiting for a message", deadline);
  }
}

Result<uid_t> Channel::peer() const {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) return credentials.uid;
  if (errno == ENOTSOCK || errno == ENOPROTOOPT || errno == EBADF)
    return Error(ErrorKind::usage, "standard input is not a local connection; the units sparekeep-restore and sparekeep-hook start this command");
  return system_error("asking who is there", errno);
}

bool Channel::peer_gone() const {
  pollfd waited{socket_.get(), POLLRDHUP, 0};
  return ::poll(&waited, 1, 0) > 0;
}

}  // namespace sparekeep::agent
