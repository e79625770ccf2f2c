// libssh writes to sockets without MSG_NOSIGNAL: while this lives, a peer that went away is an error in this thread and not the end of
// the process.
#pragma once

#include <csignal>

namespace sparekeep::central {

class NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();                               // takes the signal that came meanwhile away
  NoSigpipe(const NoSigpipe&) = delete;

 private:
  sigset_t before_;
};

}  // namespace sparekeep::central
