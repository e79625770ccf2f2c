// libssh asks an ssh agent without a deadline, for its keys and for each signature: what may ask one runs in a thread of its own, beside one that looks on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "lib/base/clock.h"

namespace sparekeep::central {

inline constexpr Duration kAgentSignLimit = std::chrono::seconds(30);   // somebody may have to touch a key, or to confirm

// What is told to whoever looks on, by the call itself.
struct WatchedCall {
  std::atomic<int64_t> step_began{0};            // boot time; 0: it is between two calls of libssh
  std::atomic<bool> typing{false};               // somebody is asked, for as long as he likes
  std::atomic<bool> abandoned{false};            // nobody waits any more: it is to end as soon as it can
  std::shared_ptr<void> keeps = {};              // what it uses then, for as long as it lasts
  std::shared_ptr<std::atomic<int64_t>> last_ended = {};   // boot time of the last end of a step of all calls that share it: an agent serves one at a time
};

// What `work` gives; none where one of its steps took longer than `limit` without anybody typing, and no other step ended within that time. It goes on by
// itself then, for ever if need be, with what `keeps` is given.
std::optional<Result<int>> watched(const std::shared_ptr<WatchedCall>& call, const Clock& clock, Duration limit, std::function<Result<int>()> work);

}  // namespace sparekeep::central
