#include "installer/install/greeter.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "lib/net/endpoint.h"

namespace sparekeep::central {

Greeter::Greeter(RunningCentral& central, Clock& clock) : central_(central), clock_(clock), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw system_error("making an eventfd", errno);
}

Greeter::~Greeter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

// A name is resolved by a thread of its own, however long that takes.
std::future<bool> Greeter::greet(const StorageSystem& system) {
  if (!is_address(system.address)) return std::async(std::launch::async, [this, system] { return answers(central_, clock_, system); });
  Inquiry inquiry(greeting_options(central_, system), greeting_request(central_, system), kGreetingLimit, clock_);
  auto greeting = std::make_unique<Greeting>(Greeting{system, std::move(inquiry), {}});
  std::future<bool> answered = greeting->answered.get_future();
  const std::lock_guard lock(mutex_);
  coming_.push_back(std::move(greeting));
  if (thread_.joinable()) eventfd_write(wake_.get(), 1);
  else thread_ = std::thread([this] { run(); });
  return answered;
}

void Greeter::run() {
  while (take_new()) {
    std::erase_if(under_way_, [](const auto& greeting) { return greeting->inquiry.is_done(); });
    wait();
  }
  for (const auto& greeting : under_way_)
    if (!greeting->inquiry.is_done()) greeting->answered.set_value(false);
}

bool Greeter::take_new() {
  std::vector<std::unique_ptr<Greeting>> coming;
  {
    const std::lock_guard lock(mutex_);
    coming = std::exchange(coming_, {});
    if (ending_) {
      for (const auto& greeting : coming) greeting->answered.set_value(false);
      return false;
    }
  }
  for (auto& greeting : coming) {
    go_on(*greeting);
    under_way_.push_back(std::move(greeting));
  }
  return true;
}

void Greeter::go_on(Greeting& greeting) {
  greeting.inquiry.go_on();
  if (greeting.inquiry.is_done()) greeting.answered.set_value(hear_greeting(central_, greeting.system, greeting.inquiry.take()));
}

void Greeter::wait() {
  std::vector<pollfd> sockets{{wake_.get(), POLLIN, 0}};
  Duration left = kGreetingLimit;
  for (const auto& greeting : under_way_) {
    sockets.push_back(greeting->inquiry.awaited());
    left = std::min(left, greeting->inquiry.left());
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  ::poll(sockets.data(), sockets.size(), under_way_.empty() ? -1 : static_cast<int>(milliseconds));
  eventfd_t ignored = 0;
  if (sockets[0].revents != 0) eventfd_read(wake_.get(), &ignored);
  for (size_t i = 0; i < under_way_.size(); ++i)
    if (sockets[i + 1].revents != 0 || under_way_[i]->inquiry.left() == Duration(0)) go_on(*under_way_[i]);
}

}  // namespace sparekeep::central
