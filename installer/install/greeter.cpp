#include "installer/install/greeter.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "lib/net/endpoint.h"

namespace sparekeep::central {

Greeter::Greeter(RunningCentral& central, Clock& clock)
    : central_(central), clock_(clock), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), lookups_(std::make_unique<NameLookups>()) {
  if (!wake_) throw system_error("making an eventfd", errno);
}

Greeter::~Greeter() {
  lookups_.reset();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

std::future<bool> Greeter::greet(const StorageSystem& system) {
  auto answered = std::make_shared<std::promise<bool>>();
  std::future<bool> future = answered->get_future();
  if (is_address(system.address)) {
    begin(system, system.address, answered);
    return future;
  }
  lookups_->look_up(system.address, [this, system, answered](const Result<std::string>& address) {
    if (address) begin(system, *address, answered);
    else answered->set_value(false);
  });
  return future;
}

void Greeter::begin(const StorageSystem& system, const std::string& address, const Answered& answered) {
  ClientOptions options = greeting_options(central_, system);
  options.host = address;
  const std::lock_guard lock(mutex_);
  coming_.push_back(std::make_unique<Greeting>(Greeting{system, Inquiry(std::move(options), greeting_request(central_, system), kGreetingLimit, clock_), answered}));
  if (thread_.joinable()) eventfd_write(wake_.get(), 1);
  else thread_ = std::thread([this] { run(); });
}

void Greeter::run() {
  while (take_new()) {
    std::erase_if(under_way_, [](const auto& greeting) { return greeting->inquiry.is_done(); });
    wait();
  }
  for (const auto& greeting : under_way_)
    if (!greeting->inquiry.is_done()) greeting->answered->set_value(false);
}

bool Greeter::take_new() {
  std::vector<std::unique_ptr<Greeting>> coming;
  {
    const std::lock_guard lock(mutex_);
    coming = std::exchange(coming_, {});
    if (ending_) {
      for (const auto& greeting : coming) greeting->answered->set_value(false);
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
  if (greeting.inquiry.is_done()) greeting.answered->set_value(hear_greeting(central_, greeting.system, greeting.inquiry.take()));
}

void Greeter::wait() {
  std::vector<pollfd> sockets{{wake_.get(), POLLIN, 0}};
  Duration left = kGreetingLimit;
  for (const auto& greeting : under_way_) {
    sockets.push_back(greeting->inquiry.awaited());
    left = std::min(left, greeting->inquiry.may_wait());
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  ::poll(sockets.data(), sockets.size(), under_way_.empty() ? -1 : static_cast<int>(milliseconds));
  eventfd_t ignored = 0;
  if (sockets[0].revents != 0) eventfd_read(wake_.get(), &ignored);
  for (size_t i = 0; i < under_way_.size(); ++i)
    if (sockets[i + 1].revents != 0 || under_way_[i]->inquiry.may_wait() == Duration(0)) go_on(*under_way_[i]);
}

}  // namespace sparekeep::central
