// What `sparekeepd identity` and `sparekeep-agent identity` print on a host for install.
#pragma once

#include <string>

#include "lib/base/id.h"

namespace sparekeep {

struct IdentityAnswer {
  HostId host;
  std::string request;               // PKCS#10, PEM, for the program's TLS key
  std::string recipient;             // hex; of the agent only
  std::string version;               // of the program
};

}  // namespace sparekeep
