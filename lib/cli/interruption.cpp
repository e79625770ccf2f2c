#include "lib/cli/interruption.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <cstdlib>

#include "lib/cli/exit_code.h"

namespace sparekeep {

namespace {

sigset_t both_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interruption::Interruption(Console& console) : console_(console) {
  const sigset_t signals = both_signals();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  signals_.reset(::signalfd(-1, &signals, SFD_CLOEXEC));
  over_.reset(::eventfd(0, EFD_CLOEXEC));
  SK_CHECK(signals_ && over_);
  thread_ = std::thread([this] { watch(); });
}

Interruption::~Interruption() {
  const uint64_t one = 1;
  SK_CHECK(::write(over_.get(), &one, sizeof one) == sizeof one);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interruption::watch() {
  pollfd waits[2] = {{signals_.get(), POLLIN, 0}, {over_.get(), POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
  }
  signalfd_siginfo signal{};
  if (waits[0].revents == 0 || ::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return;
  const sigset_t signals = both_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  const bool typed = signal.ssi_signo == SIGINT;
  console_.say_last_words(typed ? "interrupted" : "terminated");
  std::_Exit(exit_code(typed ? ErrorKind::interrupted : ErrorKind::terminated));
}

}  // namespace sparekeep
