// Says hello to daemons while their hosts are logged in to. One thread for all of them: most of the time of a greeting is the way there and back.
#pragma once

#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "installer/install/health.h"
#include "lib/base/descriptor.h"
#include "lib/net/inquiry.h"

namespace sparekeep::central {

class Greeter {
 public:
  Greeter(RunningCentral& central, Clock& clock);
  ~Greeter();                                          // what is under way is given up
  Greeter(const Greeter&) = delete;

  std::future<bool> greet(const StorageSystem& system);   // any thread; as answers() says (health.h)

 private:
  struct Greeting {
    StorageSystem system;
    Inquiry inquiry;
    std::promise<bool> answered;
  };
  void run();
  bool take_new();                                     // false: it is to end
  void go_on(Greeting& greeting);
  void wait();                                         // until one can go on, or there is another one

  RunningCentral& central_;
  Clock& clock_;
  const Descriptor wake_;                              // an eventfd
  std::mutex mutex_;                                   // over the two below
  std::vector<std::unique_ptr<Greeting>> coming_;
  bool ending_ = false;
  std::vector<std::unique_ptr<Greeting>> under_way_;   // of the thread
  std::thread thread_;
};

}  // namespace sparekeep::central
