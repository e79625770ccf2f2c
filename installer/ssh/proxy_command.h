// The program of a ProxyCommand, which carries the bytes of one connection (a ProxyJump is `ssh -W`). It has no terminal and no blocked signal, and ends
// with its object, with all that it started: what the host at its other end does or does not do holds nobody up.
#pragma once

#include <sys/types.h>

#include <string>

#include "installer/ssh/proxies.h"
#include "lib/base/descriptor.h"
#include "lib/base/error.h"

namespace sparekeep::central {

struct ProxyTarget {
  std::string command;                         // as ~/.ssh/config has it
  std::string host, name, user;                // %h, %n (as the inventory calls it), %r
  unsigned port = 22;                          // %p
  std::string home;                            // its HOME
  bool without_agent = false;                  // SSH_AUTH_SOCK is not for it
};

class ProxyCommand {
 public:
  // failed: a token of the command that is none, or it cannot be started.
  static Result<ProxyCommand> start(const ProxyTarget& target, Proxies& proxies);
  ProxyCommand(ProxyCommand&& other) noexcept;
  ~ProxyCommand();

  Descriptor take_socket() { return std::move(socket_); }   // our end; does not block
  std::string last_words() const;                           // the last line that it wrote on standard error by now; read once

 private:
  ProxyCommand(std::string command, Descriptor socket, Descriptor errors) : command_(std::move(command)), socket_(std::move(socket)), errors_(std::move(errors)) {}
  std::string command_;
  Descriptor socket_, errors_;
  pid_t pid_ = 0;
  Proxies* proxies_ = nullptr;
};

}  // namespace sparekeep::central
