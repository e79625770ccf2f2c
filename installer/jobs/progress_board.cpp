#include "installer/jobs/progress_board.h"

#include "installer/jobs/snapshot_view.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr uint64_t kPercent = 100;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::string progress_text(const ProgressSum& sum) {
  std::string text = sum.silent.empty() ? "" : "not heard of: " + joined(sum.silent, ", ");
  if (sum.runs == 0) return text;
  if (!text.empty()) text += "; ";
  text += std::to_string(sum.runs) + (sum.runs == 1 ? " run, " : " runs, ") + sum.phase + ": " + std::to_string(sum.files) + " files, " +
                     format_size(sum.bytes);
  if (sum.bytes_total > 0)
    text += " of " + format_size(sum.bytes_total) + ", " + std::to_string(std::min(kPercent, sum.bytes * kPercent / sum.bytes_total)) + " %";
  const double seconds = in_seconds(sum.elapsed);
  if (seconds < 1 || sum.bytes == 0) return text;
  const double rate = static_cast<double>(sum.bytes) / seconds;
  text += ", " + format_size(static_cast<uint64_t>(rate)) + "/s";
  if (sum.bytes_total <= sum.bytes) return text;
  const double left = static_cast<double>(sum.bytes_total - sum.bytes) / rate;
  return text + ", " + format_duration(std::chrono::seconds(static_cast<int64_t>(left))) + " left";
}

void ProgressBoard::show(const RunProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (!began_) began_ = clock_.boot_time();
  runs_[progress.run] = progress;
  silent_.erase(progress.run);
  phase_ = progress.phase;
  print();
}

void ProgressBoard::silent(const RunId& run, const std::string& host, Time since) {
  const std::lock_guard lock(mutex_);
  silent_[run] = host + " since " + local_time(since);
  print();
}

void ProgressBoard::print() {
  ProgressSum sum{.runs = runs_.size(), .phase = phase_, .elapsed = began_ ? clock_.boot_time() - *began_ : Duration(0)};
  for (const auto& [id, run] : runs_) sum.files += run.files, sum.bytes += run.bytes, sum.bytes_total += run.bytes_total;
  for (const auto& [id, text] : silent_) sum.silent.push_back(text);
  console_.progress(progress_text(sum));
}

void ProgressBoard::done(const RunId& run) {
  const std::lock_guard lock(mutex_);
  runs_.erase(run);
  silent_.erase(run);
  if (runs_.empty()) began_.reset();
  console_.clear_progress();
}

}  // namespace sparekeep::central
