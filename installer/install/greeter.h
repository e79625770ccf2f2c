// Says hello to daemons while their hosts are logged in to. One thread for all of them: most of the time of a greeting is the way there and back.
#pragma once

#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "installer/install/health.h"
#include "lib/base/descriptor.h"
#include "lib/net/inquiry.h"
#include "lib/net/name_lookups.h"

namespace sparekeep::central {

class Greeter {
 public:
  Greeter(RunningCentral& central, Clock& clock);
  ~Greeter();                                          // what is under way is given up
  Greeter(const Greeter&) = delete;

  std::future<bool> greet(const StorageSystem& system);   // any thread; as answers() says (health.h)

 private:
  using Answered = std::shared_ptr<std::promise<bool>>;
  struct Greeting {
    StorageSystem system;
    Inquiry inquiry;
    Answered answered;
  };
  void begin(const StorageSystem& system, const std::string& address, const Answered& answered);
  void run();
  bool take_new();                                     // false: it is to end
  void go_on(Greeting& greeting);
  void wait();                                         // until one can go on, or there is another one

  RunningCentral& central_;
  Clock& clock_;
  const Descriptor wake_;                              // an eventfd
  std::unique_ptr<NameLookups> lookups_;
  std::mutex mutex_;                                   // over the three below
  std::vector<std::unique_ptr<Greeting>> coming_;
  bool ending_ = false;
  std::thread thread_;
  std::vector<std::unique_ptr<Greeting>> under_way_;   // of the thread
};

}  // namespace sparekeep::central
