#include "lib/cli/interruption.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <cstdlib>

#include "lib/base/error.h"
#include "lib/base/stop_signals.h"

namespace sparekeep {

namespace {

constexpr int kSignalled = 128;      // exit codes above it are those of signals, as a shell counts them

std::string_view how_it_ended(uint32_t signal) {
  if (signal == SIGINT) return "interrupted";
  return signal == SIGHUP ? "the terminal has gone" : "terminated";
}

}  // namespace

Interruption::Interruption(Console& console) : console_(console), stopping_(stop_signals()) {
  pthread_sigmask(SIG_BLOCK, &stopping_, &before_);
  signals_.reset(::signalfd(-1, &stopping_, SFD_CLOEXEC));
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
  pthread_sigmask(SIG_UNBLOCK, &stopping_, nullptr);
  console_.say_last_words(how_it_ended(signal.ssi_signo));
  std::_Exit(kSignalled + static_cast<int>(signal.ssi_signo));
}

}  // namespace sparekeep
