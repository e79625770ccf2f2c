// The stages of an SSH session, each with its deadline: libssh's calls are repeated whenever the socket has something, until they are
// through or the deadline has passed. Whatever the other side does or does not do, only this host waits.
#pragma once

#include <functional>

#include "installer/ssh/ssh_handles.h"
#include "lib/base/clock.h"

namespace sparekeep::central {

struct Stage {
  std::string_view name;                      // "key exchange", for messages
  Duration limit;
};

inline constexpr Stage kConnectStage{"connect", std::chrono::seconds(5)}, kKeyExchangeStage{"key exchange", std::chrono::seconds(10)},
    kAuthenticationStage{"authentication", std::chrono::seconds(10)}, kChannelStage{"channel", std::chrono::seconds(10)},
    kExecStage{"exec", std::chrono::seconds(10)};

// Waits until the socket has something (true) or a tick has passed: libssh keeps bytes of its own, which no poll sees. It has mostly read them while the
// caller looked at something else, so once after all that came the caller looks again without a wait. Ticks are for the rest.
class SocketWait {
 public:
  bool once(ssh_session session, Duration at_most);
  bool is_at_full_tick() const { return tick_ == kFullTick; }

 private:
  static constexpr Duration kFirstTick = std::chrono::milliseconds(30), kFullTick = std::chrono::milliseconds(200);
  Duration tick_ = kFirstTick;
  bool looks_again_ = true;
};

// Repeats `step` while it gives `again`; what it gives else. unreachable after the deadline: "no answer within 10 s (key exchange)".
Result<int> carry_through(ssh_session session, const Clock& clock, const Stage& stage, int again, const std::function<int()>& step);

Error no_answer(const Stage& stage);
std::string last_banner_line(ssh_session session);   // "; it says 'the account is locked'": what a host says of a login; empty: nothing
std::string ssh_fault(ssh_session session);   // libssh's own words, for the end of a message

}  // namespace sparekeep::central
