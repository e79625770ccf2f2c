// A byte stream over a non-blocking socket, TLS or plain, in single steps that never wait: whoever drives it (poll in the
// client, a coroutine in the server) waits for what a step needs and repeats it.
#pragma once

#include <memory>
#include <optional>

#include "lib/net/tls.h"

namespace sparekeep {

enum class Need { nothing, readable, writable };

struct Step {
  enum class State { done, waits, ended, failed };     // ended: the peer closed its side
  State state = State::done;
  size_t bytes = 0;                                    // done: at least one, but for handshake
  Need need = Need::nothing;                           // waits: for this
};

class Channel {
 public:
  virtual ~Channel() = default;
  virtual Step handshake() = 0;
  virtual Step read(MutableSpan to) = 0;
  virtual Step write(ByteSpan from) = 0;               // a repeated write may come from another place with the same bytes
  virtual void finish() = 0;                           // says goodbye, if it can be said at once
  virtual Bytes peer_certificate() const = 0;          // DER, its chain verified; empty: none was shown
  virtual Error fault() const = 0;                     // of the last failed step
};

enum class Side { client, server };

// The descriptor stays the caller's and must outlive the channel. require_certificate: on the server's side; the client
// always insists on the server's.
std::unique_ptr<Channel> tls_channel(const TlsContext& context, int fd, Side side, bool require_certificate);
std::unique_ptr<Channel> plain_channel(int fd);

}  // namespace sparekeep
