#include "lib/host/serving.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>

#include "lib/base/stop_signals.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

sigset_t waited_for() {
  sigset_t signals = stop_signals();
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGUSR2);
  return signals;
}

}  // namespace

void block_stop_signals() {
  const sigset_t signals = waited_for();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool wait_for_stop_signal(const std::function<void()>& wake, const std::function<void()>& reread) {
  const sigset_t signals = waited_for();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGUSR1 && signal != SIGUSR2) return signal == SIGINT;
    const std::function<void()>& told = signal == SIGUSR1 ? wake : reread;
    if (told) told();
  }
}

bool stop_signal_came() {
  sigset_t pending;
  const sigset_t stopping = stop_signals();
  return ::sigpending(&pending) == 0 && sigandset(&pending, &pending, &stopping) == 0 && sigisemptyset(&pending) == 0;
}

void notify_supervisor(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string_view path = name ? name : "";
  if (path.size() < 2 || path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
  path.copy(address.sun_path, path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';     // an abstract name
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (socket) static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length));
}

Path pid_file_path(const HostPaths& paths, std::string_view name) {
  const char* folders = std::getenv("RUNTIME_DIRECTORY");
  const std::string first = folders && paths.root == "/" ? std::string(folders).substr(0, std::string_view(folders).find(':')) : "";
  return (first.empty() ? paths.run() : Path(first)) / (std::string(name) + ".pid");
}

// The lock says whether the process lives; the number is for people and for install. A file that a kill left behind is written over.
PidFile::PidFile(Path file) : file_(std::move(file)) {
  make_folders(file_.parent_path()).value();
  lock_ = Descriptor(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock_) throw system_error("opening " + in_quotes(file_.native()), errno);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) throw Error(ErrorKind::busy, "already running: " + in_quotes(file_.native()) + " is held");
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_.get(), 0) != 0) throw system_error("writing " + in_quotes(file_.native()), errno);
  write_all(lock_.get(), as_bytes(text)).value();
}

void PidFile::renew() {
  if (::futimens(lock_.get(), nullptr) != 0) throw system_error("renewing " + in_quotes(file_.native()), errno);
}

PidFile::~PidFile() { ::unlink(file_.c_str()); }

}  // namespace sparekeep
