// How hosts are reached by one command: makes the way to each of them, with what the command line says of logins.
#pragma once

#include <memory>

#include "installer/host/host.h"
#include "installer/ssh/key_ring.h"
#include "inventory/host.h"

namespace sparekeep::central {

struct LoginOptions {
  std::string home = {};                         // ~, for ~/.ssh
  bool ask_pass = false;                         // -k
  bool become = false;                           // -b: as if every host said become = true
  bool ask_become_pass = false;                  // -K
  AskSecret ask = {};
  std::string agent = {};                        // socket of the ssh agent
  std::function<void(const std::string&)> warn = {};
  std::function<void(int level, const std::string& text)> tell = {};   // what -v and -vv say
  std::function<void()> before_first = {};       // called once, before the first login
  std::function<void(std::function<void()>)> at_interruption = {};   // takes what is to be done then; nothing where it gets none
};

class HostDoor {                                 // thread safe; lives longer than what it opens
 public:
  HostDoor(const Clock& clock, LoginOptions options);
  ~HostDoor();
  HostDoor(const HostDoor&) = delete;
  std::unique_ptr<HostAccess> open(const Host& host);   // connects at its first script
  void tell(int level, const std::string& text) const { ring_.tell(level, text); }

 private:
  Secret become_password();
  const Clock& clock_;
  const LoginOptions options_;
  KeyRing ring_;
  std::once_flag begun_;
  std::mutex mutex_;
  Secret become_password_;
  bool asked_ = false;
};

}  // namespace sparekeep::central
