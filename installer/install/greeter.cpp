#include "installer/install/greeter.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/net/endpoint.h"

namespace sparekeep::central {

namespace {

// Of the address, where another one of the same host may be better.
bool is_of_the_way(const Error& error) { return error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::timeout; }

}  // namespace

const StorageSystem* system_to_greet(const std::vector<StorageSystem>& systems, const std::string& name) {
  const auto found = std::find_if(systems.begin(), systems.end(), [&](const StorageSystem& system) {
    return system.name == name && system.port != 0 && system.reported != Time{} && system.state != SystemState::undeclared;
  });
  return found == systems.end() ? nullptr : &*found;
}

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
  const auto answer = std::make_shared<GreetingAnswer>();
  std::future<bool> future = answer->future();
  if (is_address(system.address)) {
    add(std::make_unique<Greeting>(system, std::vector{system.address}, kGreetingLimit, answer));
    return future;
  }
  lookups_->look_up(system.address, [this, system, answer, looking = Deadline(clock_, kGreetingLimit)](const Result<NameLookups::Addresses>& found) {
    if (!found || looking.passed()) return answer->say(false);
    add(std::make_unique<Greeting>(system, std::vector(found->rbegin(), found->rend()), looking.left(), answer));
  });
  return future;
}

void Greeter::add(std::unique_ptr<Greeting> greeting) {
  const std::lock_guard lock(mutex_);
  coming_.push_back(std::move(greeting));
  if (thread_.joinable()) {
    eventfd_write(wake_.get(), 1);
    return;
  }
  const Result<void> made = caught([this] { thread_ = std::thread([this] { run(); }); });
  if (made) return;
  log_warning("greeting daemons: " + made.error().text());
  coming_.clear();
}

void Greeter::run() {
  while (!is_ending())
    if (const Result<void> done = caught([this] { turn(); }); !done) give_all_up(done.error());
}

bool Greeter::is_ending() {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void Greeter::give_all_up(const Error& why) {
  log_warning("greeting daemons: " + why.text());
  under_way_.clear();
  const std::lock_guard lock(mutex_);
  coming_.clear();
}

void Greeter::turn() {
  take_new();
  wait();
  std::erase_if(under_way_, [](const auto& greeting) { return greeting->over; });
}

void Greeter::take_new() {
  const std::lock_guard lock(mutex_);
  under_way_.reserve(kGreetingsAtOnce);
  for (; !coming_.empty() && under_way_.size() < kGreetingsAtOnce; coming_.pop_front()) {
    under_way_.push_back(std::move(coming_.front()));
    under_way_.back()->deadline.emplace(clock_, under_way_.back()->left);
  }
}

void Greeter::wait() {
  std::vector<pollfd> sockets{{wake_.get(), POLLIN, 0}};
  Duration left = kGreetingLimit;
  for (const auto& greeting : under_way_) {
    sockets.push_back(greeting->inquiry ? greeting->inquiry->awaited() : pollfd{-1, 0, 0});
    left = std::min(left, greeting->inquiry ? greeting->inquiry->may_wait() : Duration(0));
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  ::poll(sockets.data(), sockets.size(), under_way_.empty() ? -1 : static_cast<int>(milliseconds));
  eventfd_t ignored = 0;
  if (sockets[0].revents != 0) eventfd_read(wake_.get(), &ignored);
  for (size_t i = 0; i < under_way_.size(); ++i) {
    Greeting& greeting = *under_way_[i];
    if (sockets[i + 1].revents != 0 || !greeting.inquiry || greeting.inquiry->may_wait() == Duration(0)) carry_on(greeting);
  }
}

void Greeter::carry_on(Greeting& greeting) {
  if (!greeting.inquiry) try_next(greeting);
  greeting.inquiry->go_on();
  if (!greeting.inquiry->is_done()) return;
  const Result<HttpResponse> answer = greeting.inquiry->take();
  if (!answer && is_of_the_way(answer.error()) && !greeting.addresses.empty()) return greeting.inquiry.reset();
  greeting.over = true;
  greeting.answer->say(hear_greeting(central_, greeting.system, answer));
}

// An address that nobody answers at leaves the others their part of what is left.
void Greeter::try_next(Greeting& greeting) {
  ClientOptions options = greeting_options(central_, greeting.system);
  const Duration part = greeting.deadline->left() / static_cast<int64_t>(greeting.addresses.size());
  options.host = std::move(greeting.addresses.back());
  greeting.addresses.pop_back();
  greeting.inquiry.emplace(std::move(options), greeting_request(central_, greeting.system), part, clock_);
}

}  // namespace sparekeep::central
