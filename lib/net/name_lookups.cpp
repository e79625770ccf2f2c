#include "lib/net/name_lookups.h"

#include <netdb.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

Result<std::string> address_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_flags = AI_ADDRCONFIG;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (fault != 0) return Error(ErrorKind::unreachable, "no address of " + in_quotes(name) + ": " + ::gai_strerror(fault));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  char text[NI_MAXHOST];
  if (::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
    return Error(ErrorKind::unreachable, "no address of " + in_quotes(name));
  return std::string(text);
}

}  // namespace

struct NameLookups::State {
  struct Wanted {
    std::string name;
    Found found;
  };
  std::mutex mutex;                                    // held while `found` is called, so that none is called once it has ended
  std::condition_variable changed;
  std::deque<Wanted> wanted;
  bool has_thread = false, ended = false;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return ended || !wanted.empty(); });
      if (ended) return;
      const Wanted next = std::move(wanted.front());
      wanted.pop_front();
      lock.unlock();
      const Result<std::string> address = address_of(next.name);
      lock.lock();
      if (!ended) next.found(address);
    }
  }
};

NameLookups::NameLookups() : state_(std::make_shared<State>()) {}

NameLookups::~NameLookups() {
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  state_->changed.notify_all();
}

void NameLookups::look_up(const std::string& name, Found found) {
  const std::lock_guard lock(state_->mutex);
  state_->wanted.push_back({name, std::move(found)});
  if (!std::exchange(state_->has_thread, true)) std::thread([state = state_] { state->run(); }).detach();
  state_->changed.notify_all();
}

}  // namespace sparekeep
