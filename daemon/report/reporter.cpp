#include "daemon/report/reporter.h"

#include <algorithm>

#include "daemon/report/disk_report.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"

namespace sparekeep::daemon {

namespace {

constexpr Duration kFirstRetry = std::chrono::milliseconds(200);

}  // namespace

Reporter::Reporter(ReporterParts parts, Tls tls, Renew renew) : parts_(parts), exchange_(parts.master, parts.clock), tls_(std::move(tls)), renew_(std::move(renew)) {
  thread_ = std::thread([this] { run(); });
}

Reporter::~Reporter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Reporter::central_answered_within(Duration age) const {
  const int64_t answered = answered_;
  return answered != INT64_MIN && parts_.clock.boot_time() - Duration(answered) < age;
}

void Reporter::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

Reporter::Waited Reporter::wait(Duration duration) {
  std::unique_lock lock(mutex_);
  const bool early = changed_.wait_for(lock, duration, [this] { return stopping_ || woken_; });
  woken_ = false;
  if (stopping_) return Waited::stopping;
  return early ? Waited::woken : Waited::whole;
}

void Reporter::run() {
  auto central = std::make_unique<CentralClient>(parts_.central, tls_, parts_.clock);
  Duration delay = kFirstRetry;
  std::optional<ErrorKind> trouble;                    // of the turn before; another kind is told, too
  while (true) {
    const Result<Duration> next = turn(central);
    if (!next && trouble != next.error().kind()) log_info("no report to the central: " + next.error().text());
    if (next && trouble) log_info("the central answers again");
    trouble = next ? std::nullopt : std::optional(next.error().kind());
    delay = next ? kFirstRetry : std::min(parts_.retry, delay * 2);
    const Duration jitter = Duration(static_cast<int64_t>(parts_.random.below(static_cast<uint64_t>(delay.count()) / 4 + 1)));
    const Waited waited = wait(next ? *next : delay - jitter);
    if (waited == Waited::stopping) return;
    if (waited == Waited::woken) delay = kFirstRetry / 2;
  }
}

// A report, and what follows from its answer. What is thrown on the way is a report that failed: it is tried again.
Result<Duration> Reporter::turn(std::unique_ptr<CentralClient>& central) {
  Result<Duration> next = Duration(0);
  const Result<void> done = caught([&] {
    next = report_once(*central);
    if (!next) return;
    if (std::optional<Tls> renewed = renew_(*central)) central = std::make_unique<CentralClient>(parts_.central, *renewed, parts_.clock);
  });
  if (!done) return done.error();
  return next;
}

Result<Duration> Reporter::report_once(CentralClient& central) {
  const Result<DaemonReport> report = disk_report(parts_.host, parts_.clock, parts_.shards, parts_.master.version());
  if (!report) return report.error();
  const Result<ReportAnswer> answer = central.report(*report);
  if (!answer) return answer.error();
  answered_ = parts_.clock.boot_time().count();
  (void)exchange_.follow({static_cast<uint32_t>(answer->master_epoch), answer->master_number}, answer->master_digest, central);   // or after the next report
  return Duration(std::chrono::milliseconds(std::clamp<int64_t>(answer->next_in_milliseconds, 100, 600'000)));
}

}  // namespace sparekeep::daemon
