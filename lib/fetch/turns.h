// Workers that go through one door in the order of their numbers 0, 1, 2, ..., each of which comes once. Inside lib/fetch only.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace sparekeep {

class Turns {                                         // thread safe
 public:
  explicit Turns(bool in_order) : in_order_(in_order) {}   // else nobody waits

  class Turn {                                        // of one worker. It passes the turn on when it dies, whether it has come to the door or not
   public:
    Turn(Turns& turns, size_t number) : turns_(turns), number_(number) {}
    ~Turn() { pass(); }
    Turn(const Turn&) = delete;

    void wait() { turns_.wait(number_); }             // until all before have passed
    void pass() {
      if (passed_) return;
      passed_ = true;
      turns_.wait(number_);
      turns_.next();
    }

   private:
    Turns& turns_;
    const size_t number_;
    bool passed_ = false;
  };

 private:
  void wait(size_t number) {
    if (!in_order_) return;
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return next_ == number; });
  }
  void next() {
    const std::lock_guard lock(mutex_);
    ++next_;
    came_.notify_all();
  }

  const bool in_order_;
  std::mutex mutex_;
  std::condition_variable came_;
  size_t next_ = 0;
};

}  // namespace sparekeep
