// Says hello to daemons while their hosts are logged in to. One thread for all of them: most of the time of a greeting is the way there and back.
#pragma once

#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "installer/install/health.h"
#include "lib/base/descriptor.h"
#include "lib/net/inquiry.h"
#include "lib/net/name_lookups.h"

namespace sparekeep::central {

constexpr size_t kGreetingsAtOnce = 64;                // each has a socket; further ones wait for one that ends

// What greet() has promised: false where it ends without a word.
class GreetingAnswer {
 public:
  GreetingAnswer() = default;
  ~GreetingAnswer() { say(false); }
  GreetingAnswer(const GreetingAnswer&) = delete;
  std::future<bool> future() { return promise_.get_future(); }
  void say(bool answered) {
    if (!std::exchange(said_, true)) promise_.set_value(answered);
  }

 private:
  std::promise<bool> promise_;
  bool said_ = false;
};

// The one of that name which has reported; a host that was made anew has another id than the undeclared one before it. Null: there is none to greet.
const StorageSystem* system_to_greet(const std::vector<StorageSystem>& systems, const std::string& name);

class Greeter {
 public:
  Greeter(RunningCentral& central, Clock& clock);
  ~Greeter();                                          // what is under way is given up
  Greeter(const Greeter&) = delete;

  std::future<bool> greet(const StorageSystem& system);   // any thread; as answers() says (health.h)

 private:
  using Answer = std::shared_ptr<GreetingAnswer>;
  struct Greeting {
    StorageSystem system;
    std::vector<std::string> addresses;                // not tried yet, the next one last
    Duration left;                                     // of the limit, after the lookup; waiting for others does not count
    Answer answer;
    std::optional<Deadline> deadline{};                // since it was its turn
    std::optional<Inquiry> inquiry{};                  // none: the next address is to be tried
    bool over = false;
  };
  void add(std::unique_ptr<Greeting> greeting);
  void run();
  bool is_ending();
  void turn();
  void take_new();
  void wait();                                         // until one can go on, or there is another one
  void carry_on(Greeting& greeting);
  void try_next(Greeting& greeting);
  void give_all_up(const Error& why);

  RunningCentral& central_;
  Clock& clock_;
  const Descriptor wake_;                              // an eventfd
  std::unique_ptr<NameLookups> lookups_;
  std::mutex mutex_;                                   // over the three below
  std::deque<std::unique_ptr<Greeting>> coming_;
  bool ending_ = false;
  std::thread thread_;
  std::vector<std::unique_ptr<Greeting>> under_way_;   // of the thread
};

}  // namespace sparekeep::central
