// A socket where an ssh agent might be: takes connections, reads nothing and says nothing.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "lib/base/descriptor.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::central {

class SilentAgent {
 public:
  SilentAgent() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    SK_CHECK(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket_.get(), 2) == 0);
  }
  std::string path() const { return folder_ / "agent"; }

 private:
  TemporaryFolder folder_;
  Descriptor socket_;
};

}  // namespace sparekeep::central
