#include "installer/ssh/no_sigpipe.h"

#include <ctime>

namespace sparekeep::central {

namespace {

sigset_t only_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  return signals;
}

}  // namespace

NoSigpipe::NoSigpipe() {
  const sigset_t signals = only_sigpipe();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

NoSigpipe::~NoSigpipe() {
  if (sigismember(&before_, SIGPIPE) == 1) return;
  const sigset_t signals = only_sigpipe();
  const timespec now{};
  sigtimedwait(&signals, nullptr, &now);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace sparekeep::central
