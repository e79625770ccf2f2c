#include "lib/host/serving.h"

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void block_stop_signals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool wait_for_stop_signal() {
  const sigset_t signals = stop_signals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal == SIGINT;
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

PidFile::~PidFile() { ::unlink(file_.c_str()); }

}  // namespace sparekeep
