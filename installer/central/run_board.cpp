#include "installer/central/run_board.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/net/message.h"
#include "lib/wire/json.h"

namespace sparekeep::central {

namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(200);

bool is_given_up(const RunEntry& run) { return run.ended == Time{} && !run.result.empty(); }

void give_up(Catalogue& catalogue, const RunEntry& run, const std::string& why) {
  RunResult result;
  result.run = run.id, result.state = "failed";
  result.errors.push_back({std::string(wire_name_of(ErrorKind::failed)), "", why});
  catalogue.give_up_run(run.id, run.state, to_json(result));
}

}  // namespace

void RunBoard::give_up_left_runs() {
  for (RunEntry& run : catalogue_.unended_runs()) {
    const Duration age = clock_.now() - run.queued;
    if (is_given_up(run)) {
      if (age < kRunOverAfter) continue;
      run.ended = clock_.now();
      catalogue_.put_run(run);
    } else if (run.state == "queued") {
      give_up(catalogue_, run, "the command that began it ended before its host said a word of it");
    } else if (age >= kRunLateAfter) {
      give_up(catalogue_, run, "the command that began it has ended, and its host has not told the end of it for a day");
    } else {
      const std::lock_guard lock(mutex_);
      left_running_.insert(run.host);
    }
  }
}

// An agent asks for orders when it carries out none, and has told what came of those before.
void RunBoard::give_up_runs_of_idle(const HostId& host) {
  for (const RunEntry& run : catalogue_.unended_runs()) {
    if (run.host != host || run.state != "running") continue;
    const std::lock_guard lock(mutex_);
    if (!runs_.contains(run.id)) give_up(catalogue_, run, "the command that began it has ended, and its host does not carry it out any more");
  }
}

void RunBoard::enqueue(const Order& order, const SignedOrder& signed_order) {
  catalogue_.put_run({.id = order.run, .job = order.job, .host = order.host, .kind = order.kind, .state = "queued", .snapshot = "",
                      .queued = clock_.now(), .taken = {}, .ended = {}, .order = to_json(signed_order), .result = ""});
  const std::lock_guard lock(mutex_);
  Run run;
  run.host = order.host;
  run.order = signed_order;
  run.queued = clock_.boot_time();
  runs_[order.run] = std::move(run);
  changed_.notify_all();
}

bool RunBoard::is_due(const Run& run) const {
  if (run.result || run.gives >= kOrderGivesMax) return false;
  const Duration now = clock_.boot_time();
  const bool given_lately = run.given && now - *run.given < kOrderAgainAfter;
  const bool heard_lately = run.heard && now - *run.heard < kRunAgainAfter;
  return !given_lately && !heard_lately;
}

std::optional<SignedOrder> RunBoard::take(const HostId& host) {
  Run* oldest = nullptr;
  for (auto& [id, run] : runs_) {
    if (run.host == host && is_due(run) && (!oldest || run.queued < oldest->queued)) oldest = &run;
  }
  if (!oldest) return std::nullopt;
  oldest->given = clock_.boot_time();
  ++oldest->gives;
  return oldest->order;
}

void RunBoard::came(const HostId& host) {
  saw(host);
  came_[host] = clock_.boot_time();
  changed_.notify_all();
}

void RunBoard::saw(const HostId& host) {
  const bool first = !seen_.contains(host);
  seen_[host] = clock_.now();
  if (first) changed_.notify_all();
}

bool RunBoard::was_left_running(const HostId& host) {
  const std::lock_guard lock(mutex_);
  return left_running_.erase(host) > 0;
}

std::optional<SignedOrder> RunBoard::next_for(const HostId& host, Duration wait, const std::stop_token& stopping) {
  const Deadline deadline(clock_, wait);
  const std::stop_callback wake(stopping, [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  if (was_left_running(host)) give_up_runs_of_idle(host);
  std::unique_lock lock(mutex_);
  came(host);
  for (;;) {
    if (std::optional<SignedOrder> order = take(host)) return order;
    if (stopping.stop_requested() || deadline.passed()) return std::nullopt;
    changed_.wait_for(lock, std::min(deadline.left(), kLookAgain));
    saw(host);      // as long as it waits, it is there
  }
}

RunEntry RunBoard::entry_of(const HostId& host, const RunId& run) {
  std::optional<RunEntry> entry = catalogue_.run(run);
  if (!entry) throw Error(ErrorKind::not_found, "there is no run " + in_quotes(run.hex()));
  if (entry->host != host) throw Error(ErrorKind::denied, "run " + in_quotes(run.hex()) + " is another host's");
  return std::move(*entry);
}

void RunBoard::progress(const HostId& host, const RunProgress& progress) {
  const RunEntry entry = entry_of(host, progress.run);
  if (entry.state == "queued" || is_given_up(entry)) catalogue_.begin_run(progress.run, clock_.now());
  const std::lock_guard lock(mutex_);
  saw(host);
  const auto at = runs_.find(progress.run);
  if (at == runs_.end()) return;
  at->second.heard = clock_.boot_time();
  at->second.progress = progress;
  ++at->second.progress_count;
  changed_.notify_all();
}

void RunBoard::result(const HostId& host, const RunResult& result) {
  RunEntry entry = entry_of(host, result.run);
  if (entry.ended == Time{}) {
    entry.state = result.state;
    entry.snapshot = result.snapshot;
    entry.ended = clock_.now();
    RunResult kept = result;
    kept.changes.clear();                                // names of files: for who waits for the run, never for the disk
    entry.result = to_json(kept);
    catalogue_.end_run(entry);
  }
  const std::lock_guard lock(mutex_);
  saw(host);
  const auto at = runs_.find(result.run);
  if (at == runs_.end() || at->second.result) return;
  at->second.heard = clock_.boot_time();
  at->second.result = result;
  changed_.notify_all();
}

std::optional<Error> RunBoard::given_up(const Run& run, const WaitLimits& limits) const {
  const Duration now = clock_.boot_time();
  if (now - run.queued >= limits.whole) return Error(ErrorKind::timeout, "not done within " + format_duration(limits.whole));
  if (!run.given && !run.heard) {
    if (now - run.queued < limits.taken) return std::nullopt;
    return Error(ErrorKind::unreachable, "the agent did not fetch its order within " + format_duration(limits.taken));
  }
  const Duration last = std::max(run.given.value_or(run.queued), run.heard.value_or(run.queued));
  if (now - last < limits.silent) return std::nullopt;
  return Error(ErrorKind::unreachable, "no word from the agent about its run for " + format_duration(limits.silent));
}

// A host that asks for orders is not silent: it gets this one again.
std::optional<Time> RunBoard::silent_since(const Run& run) const {
  const Duration last = std::max({run.queued, run.given.value_or(run.queued), run.heard.value_or(run.queued)});
  const Duration silent = clock_.boot_time() - last;
  const auto seen = seen_.find(run.host);
  const Time since = seen != seen_.end() ? seen->second : clock_.now() - silent;
  if (silent < kSilentAfter || clock_.now() - since < kSilentAfter) return std::nullopt;
  return since;
}

Result<RunResult> RunBoard::wait_for(const RunId& run, const WaitLimits& limits, const RunListener& listener) {
  uint64_t told = 0;
  std::optional<Time> told_silent;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto at = runs_.find(run);
    SK_CHECK(at != runs_.end());
    if (at->second.progress_count > told) {
      told = at->second.progress_count;
      const RunProgress progress = *at->second.progress;
      lock.unlock();
      if (listener.on_progress) listener.on_progress(progress);
      lock.lock();
      continue;
    }
    if (at->second.result) return *at->second.result;
    if (const std::optional<Time> silent = silent_since(at->second); silent && silent != told_silent) {
      told_silent = silent;
      lock.unlock();
      if (listener.on_silence) listener.on_silence(*silent);
      lock.lock();
      continue;
    }
    if (const std::optional<Error> error = given_up(at->second, limits)) return *error;
    changed_.wait_for(lock, kLookAgain);
  }
}

std::optional<Time> RunBoard::last_seen(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  const auto at = seen_.find(host);
  if (at == seen_.end()) return std::nullopt;
  return at->second;
}

bool RunBoard::wait_for_agent(const HostId& host, Duration limit, Duration since) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] {
    const auto found = came_.find(host);
    return found != came_.end() && found->second >= since;
  });
}

}  // namespace sparekeep::central
