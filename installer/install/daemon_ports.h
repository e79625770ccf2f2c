// The ports of daemons that this machine plays: chosen free once, then kept. Thread safe: no port is given out twice.
#pragma once

#include <mutex>
#include <set>

#include "installer/install/facts.h"

namespace sparekeep::central {

class DaemonPorts {
 public:
  // Host::storage.port for a real host or where it was given; the kept one, unless a stranger has taken it meanwhile.
  uint16_t port_for(const Host& host, const HostFacts& facts);

 private:
  bool claim(uint16_t port);                       // false: given out before
  std::mutex mutex_;
  std::set<uint16_t> given_;
};

bool is_port_free(uint16_t port);                  // on 127.0.0.1, now

}  // namespace sparekeep::central
