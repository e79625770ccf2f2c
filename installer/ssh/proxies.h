// The proxies that run, for an end that no destructor sees: a command that is interrupted. Thread safe.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <set>

namespace sparekeep::central {

class Proxies {
 public:
  void add(pid_t group);
  void remove(pid_t group);      // before its process is waited for: until then its number is nobody else's
  void end_all();                // SIGTERM, and SIGKILL a moment later; none is added after that

 private:
  std::mutex mutex_;
  std::set<pid_t> groups_;
  bool ended_ = false;
};

}  // namespace sparekeep::central
