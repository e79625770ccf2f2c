#include "lib/net/name_lookups.h"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kAtOnce = 8, kAddressesMax = 8;

Result<NameLookups::Addresses> addresses_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_flags = AI_ADDRCONFIG;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (fault != 0) return Error(ErrorKind::unreachable, "no address of " + in_quotes(name) + ": " + ::gai_strerror(fault));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  NameLookups::Addresses all;
  for (const addrinfo* one = found; one && all.size() < kAddressesMax; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (std::find(all.begin(), all.end(), text) == all.end()) all.emplace_back(text);
  }
  if (all.empty()) return Error(ErrorKind::unreachable, "no address of " + in_quotes(name));
  return all;
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
  size_t threads = 0, busy = 0;
  bool ended = false;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return ended || !wanted.empty(); });
      if (ended) return;
      const Wanted next = std::move(wanted.front());
      wanted.pop_front();
      ++busy;
      lock.unlock();
      Result<Addresses> addresses = Addresses();
      const Result<void> looked = caught([&] { addresses = addresses_of(next.name); });
      lock.lock();
      --busy;
      if (!ended) tell(next, looked ? addresses : looked.error());
    }
  }

  static void tell(const Wanted& wanted, const Result<Addresses>& addresses) {
    const Result<void> told = caught([&] { wanted.found(addresses); });
    if (!told) log_warning("looking up " + in_quotes(wanted.name) + ": " + told.error().text());
  }
};

NameLookups::NameLookups() : state_(std::make_shared<State>()) {}

NameLookups::~NameLookups() {
  const std::lock_guard lock(state_->mutex);
  state_->ended = true;
  state_->wanted.clear();
  state_->changed.notify_all();
}

// Where no thread can be had, one that is there does it, later; without any, the name has no addresses.
void NameLookups::look_up(const std::string& name, Found found) {
  const std::lock_guard lock(state_->mutex);
  state_->wanted.push_back({name, std::move(found)});
  const Result<void> made = state_->threads == 0 ? add_thread() : Result<void>();
  if (!made) {
    const State::Wanted unheard = std::move(state_->wanted.back());
    state_->wanted.pop_back();
    State::tell(unheard, made.error());
  }
  state_->changed.notify_one();
}

void NameLookups::hurry() {
  const std::lock_guard lock(state_->mutex);
  while (state_->threads < kAtOnce && state_->wanted.size() > state_->threads - state_->busy)
    if (!add_thread()) return;
}

Result<void> NameLookups::add_thread() {
  Result<void> made = caught([this] { std::thread([state = state_] { state->run(); }).detach(); });
  if (made) ++state_->threads;
  return made;
}

}  // namespace sparekeep
