// A real sshd on 127.0.0.1 with keys, configuration and a home of its own in a folder, and what else may listen there.
#pragma once

#include <vector>

#include "installer/ssh/ssh_host.h"
#include "lib/base/descriptor.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::central {

class TestSshd {
 public:
  explicit TestSshd(const std::string& more_settings = "");  // ends the whole test as skipped where there is no sshd
  ~TestSshd();
  TestSshd(const TestSshd&) = delete;

  SshTarget target() const;                                 // with the key that it takes, its host key known
  std::string key(const std::string& name) const { return folder_ / name; }   // "taken", "refused", "locked" (passphrase "open")
  Path known_hosts() const { return folder_ / ".ssh/known_hosts"; }
  std::string fingerprint() const;                          // of its host key
  std::string home() const { return folder_.path(); }
  uint16_t port() const { return port_; }
  void change_host_key();                                   // and starts again with it

 private:
  std::string shell(const std::string& script) const;
  void start();
  void stop();
  TemporaryFolder folder_;
  uint16_t port_ = 0;
};

// Takes connections and says nothing, or writes `line` again and again.
class DumbListener {
 public:
  DumbListener();
  uint16_t port() const { return port_; }

 private:
  Descriptor socket_;
  uint16_t port_ = 0;
};

}  // namespace sparekeep::central
