// The runs that are under way, as one line: what is done, the rate, the time left. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "lib/base/clock.h"
#include "lib/cli/console.h"
#include "lib/wire/run.h"

namespace sparekeep::central {

struct ProgressSum {
  size_t runs = 0;
  std::string phase;                         // of the newest word
  uint64_t files = 0, bytes = 0, bytes_total = 0;
  Duration elapsed{};
  std::vector<std::string> silent = {};      // "web1 since 2026-11-22 21:05:07"
};
// "2 runs, backup: 1204 files, 1.3 GiB of 2.6 GiB, 50 %, 90 MiB/s, 14 s left"; "not heard of: web1 since 2026-11-22 21:05:07; 1 run, ..."
std::string progress_text(const ProgressSum& sum);

class ProgressBoard {
 public:
  ProgressBoard(Console& console, const Clock& clock) : console_(console), clock_(clock) {}
  void show(const RunProgress& progress);
  void silent(const RunId& run, const std::string& host, Time since);   // until it is heard again, or done
  void done(const RunId& run);

 private:
  Console& console_;
  const Clock& clock_;
  std::mutex mutex_;
  void print();
  std::map<RunId, RunProgress> runs_;
  std::map<RunId, std::string> silent_;
  std::string phase_;
  std::optional<Duration> began_;
};

}  // namespace sparekeep::central
