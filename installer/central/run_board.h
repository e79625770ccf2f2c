// Orders on their way to agents, and what agents say of the runs. An order goes only to the host it names; whoever waits for
// one is woken at once. It is given again, kOrderGivesMax times in all, when a poll comes and nothing was heard of its run for
// kOrderAgainAfter (the answer may have been lost) or kRunAgainAfter (the agent died at it, and resumes). Runs lie in the
// catalogue: a result is taken for a run of an earlier central, too. What an earlier one left without an end has lost its
// command, and is given up as failed when nothing more can come of it; a result that comes after all stands in its place.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>

#include "installer/central/catalogue.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::central {

constexpr Duration kOrderAgainAfter = std::chrono::seconds(5);
constexpr Duration kRunAgainAfter = std::chrono::seconds(20);
constexpr int kOrderGivesMax = 4;
constexpr Duration kSilentAfter = std::chrono::seconds(15);      // three words of a run that did not come: who waits for it is told
constexpr Duration kRunLateAfter = std::chrono::hours(24);       // without its command: after that nobody waits for a run any more
constexpr Duration kRunOverAfter = std::chrono::hours(24 * 7);

struct WaitLimits {
  Duration taken = std::chrono::seconds(15);       // until the agent fetches the order: unreachable after it
  Duration silent = std::chrono::seconds(60);      // without a word of this run: unreachable after it
  Duration whole = std::chrono::hours(24 * 7);     // timeout after it
};

struct RunListener {                               // on the waiting thread
  std::function<void(const RunProgress&)> on_progress = {};
  std::function<void(Time since)> on_silence = {}; // once for each silence of kSilentAfter: when the host was heard of last
};

class RunBoard {                                   // thread safe
 public:
  RunBoard(Catalogue& catalogue, const Clock& clock) : catalogue_(catalogue), clock_(clock) {}

  // At the start of a central, which has the state to itself: of what earlier commands left, runs of which no agent has said a word,
  // and old ones. A week after its order a run has its end, whatever comes.
  void give_up_left_runs();

  void enqueue(const Order& order, const SignedOrder& signed_order);

  // Waits up to `wait`, or until `stopping`, for an order for this host.
  std::optional<SignedOrder> next_for(const HostId& host, Duration wait, const std::stop_token& stopping);

  // not_found: no such run. denied: it is another host's.
  void progress(const HostId& host, const RunProgress& progress);
  void result(const HostId& host, const RunResult& result);      // the first one counts, later ones are taken and ignored

  Result<RunResult> wait_for(const RunId& run, const WaitLimits& limits, const RunListener& listener);

  std::optional<Time> last_seen(const HostId& host) const;       // a poll, progress or result of this host since the start
  // Until it polls or tells something; with `since` anew after that boot time.
  bool wait_for_agent(const HostId& host, Duration limit, Duration since = {});

 private:
  struct Run {
    HostId host;
    SignedOrder order;
    Duration queued{};                                           // boot times
    std::optional<Duration> given, heard;
    int gives = 0;
    std::optional<RunProgress> progress;
    uint64_t progress_count = 0;
    std::optional<RunResult> result;
  };
  void give_up_runs_of_idle(const HostId& host);
  bool was_left_running(const HostId& host);                     // asked once
  bool is_due(const Run& run) const;                             // to be given to a poll that comes now
  std::optional<SignedOrder> take(const HostId& host);
  void came(const HostId& host);                                 // its agent asks for orders: nothing else shows that a new one runs
  void saw(const HostId& host);
  RunEntry entry_of(const HostId& host, const RunId& run);
  std::optional<Error> given_up(const Run& run, const WaitLimits& limits) const;
  std::optional<Time> silent_since(const Run& run) const;

  Catalogue& catalogue_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<RunId, Run> runs_;                                    // of this central's duration
  std::map<HostId, Time> seen_;
  std::map<HostId, Duration> came_;                              // boot times
  std::set<HostId> left_running_;                                // hosts of runs that earlier commands left
};

}  // namespace sparekeep::central
