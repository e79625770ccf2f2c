// One request to one server that never waits: it goes on when its socket has something, so that any number of them share a thread. What HttpClient does
// for whoever asks more than once (kept connections, repeated attempts, 503) is not done here.
#pragma once

#include <poll.h>

#include "lib/base/descriptor.h"
#include "lib/net/channel.h"
#include "lib/net/client.h"
#include "lib/net/head.h"

namespace sparekeep {

class Inquiry {
 public:
  // `options.host` is an address: of a name the result is unreachable. Its deadlines do not count, the limit does.
  Inquiry(ClientOptions options, const HttpRequest& request, Duration limit, const Clock& clock);

  void go_on();                                        // as far as it comes without waiting, or some way where more and more comes; past the limit it ends
  bool is_done() const { return outcome_.has_value(); }
  pollfd awaited() const;                              // until then,
  Duration may_wait() const { return is_done() || can_go_on_ ? Duration(0) : deadline_.left(); }   // and for so long at most
  Result<HttpResponse> take();                         // once it is done: as HttpClient::send()

 private:
  enum class Stage { connecting, shaking, sending, receiving };
  bool step();                                         // false: it waits, or is done
  bool connected();
  bool shaken();
  bool sent();
  bool received();
  bool parsed();
  bool received_body(ResponseHead head, size_t begin);
  bool moved(const Step& step);                        // false: it waits, or has failed
  bool end(Result<HttpResponse> outcome);              // false

  const ClientOptions options_;
  const PeerCheck check_;
  const Deadline deadline_;
  std::string text_, input_;
  Descriptor socket_;
  std::unique_ptr<Channel> channel_;                   // dies before the socket
  Stage stage_ = Stage::connecting;
  Need need_ = Need::writable;
  bool can_go_on_ = true;                              // without anything new on the socket
  int interim_ = 0;                                    // answers before the real one
  std::optional<Result<HttpResponse>> outcome_;
};

}  // namespace sparekeep
