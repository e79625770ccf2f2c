// One end of a local connection (a stream socket of AF_UNIX) that carries frames. Used by one thread, or by one that sends and one that receives. Every
// wait has a deadline, and can be ended from outside.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/descriptor.h"
#include "lib/base/files.h"
#include "lib/wire/frame.h"

namespace sparekeep::agent {

using Stopped = std::function<bool()>;               // asked a few times a second; true ends what is waited for. Null: never

class Channel {
 public:
  Channel(Descriptor socket, size_t message_bytes_max) : socket_(std::move(socket)), reader_(message_bytes_max) {}

  // Connects to a socket of this machine. not_found, denied (no permission), failed (nobody listens).
  static Result<Channel> connect(const Path& path, size_t message_bytes_max);

  // closed: the other side has gone. timeout: "sending took longer than 10 s". `passed`: a descriptor that the other side gets a copy of.
  Result<void> send(std::string_view message, const Deadline& deadline, int passed = -1);
  // closed: "the other side closed the connection", timeout, interrupted (stopped), corrupt (a message over the maximum, or cut).
  Result<std::string> receive(const Deadline& deadline, const Stopped& stopped = {});

  // The first descriptor that came and was not taken yet, of a message that brought one: some may have come already with messages behind it, since
  // the kernel divides the stream behind each only. Only where take_descriptors() was called: what anybody else passes is dropped by the kernel.
  void take_descriptors() { takes_descriptors_ = true; }
  Descriptor passed();

  // Who made the other end, as the kernel knows it (SO_PEERCRED). usage where this is no local connection.
  Result<uid_t> peer() const;
  // The other side has closed, or will send nothing more.
  bool peer_gone() const;
  int descriptor() const { return socket_.get(); }

 private:
  ssize_t send_some(ByteSpan bytes, int passed) const;
  ssize_t receive_some(MutableSpan to);

  Descriptor socket_;
  std::deque<Descriptor> passed_;
  FrameReader reader_;
  Bytes buffer_;
  bool takes_descriptors_ = false;
};

}  // namespace sparekeep::agent
