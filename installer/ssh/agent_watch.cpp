#include "installer/ssh/agent_watch.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "installer/ssh/no_sigpipe.h"

namespace sparekeep::central {

namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(200);

struct Outcome {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<Result<int>> result;
};

// How long somebody types is counted anew from the end of it.
bool is_stuck(WatchedCall& call, const Clock& clock, Duration limit) {
  const Duration now = clock.boot_time();
  if (call.typing) call.step_began = now.count();
  const int64_t began = call.step_began;
  const int64_t ended = call.last_ended ? call.last_ended->load() : 0;
  return began != 0 && now - Duration(std::max(began, ended)) > limit;
}

}  // namespace

std::optional<Result<int>> watched(const std::shared_ptr<WatchedCall>& call, const Clock& clock, Duration limit, std::function<Result<int>()> work) {
  const auto outcome = std::make_shared<Outcome>();
  std::thread([call, outcome, work = std::move(work)] {
    const NoSigpipe no_sigpipe;
    Result<int> result = work();
    const std::lock_guard lock(outcome->mutex);
    outcome->result = std::move(result);
    outcome->came.notify_all();
  }).detach();
  std::unique_lock lock(outcome->mutex);
  while (!outcome->came.wait_for(lock, kLookEvery, [&] { return outcome->result.has_value(); })) {
    if (!is_stuck(*call, clock, limit)) continue;
    call->abandoned = true;
    return std::nullopt;
  }
  return outcome->result;
}

}  // namespace sparekeep::central
