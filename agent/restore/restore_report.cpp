#include "agent/restore/restore_report.h"

#include <utility>

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kWarningsMax = 1000;
constexpr size_t kErrorsByPathMax = 10'000;
// Of all texts of a kind together: JSON at most doubles what is printable, and a result has to be under 16 MiB.
constexpr size_t kChangesBytesMax = 3 << 20, kErrorsBytesMax = 3 << 19, kWarningsBytesMax = 3 << 19;

// Takes room for a text out of what is left for its kind.
bool takes_room(size_t& used, size_t bytes, size_t bytes_max) {
  if (bytes > bytes_max - used) return false;
  used += bytes;
  return true;
}

std::string_view name_of(ErrorKind kind) { return is_lost(kind) ? "lost" : "failed"; }

}  // namespace

bool is_lost(ErrorKind kind) {
  return kind == ErrorKind::lost || kind == ErrorKind::corrupt || kind == ErrorKind::unreachable || kind == ErrorKind::timeout;
}

void RestoreReport::change(std::string_view path, std::string_view what) {
  const std::lock_guard lock(mutex_);
  ++result_.changed;
  if (result_.changes.size() >= kRunChangesMax) return;
  std::string text = printable(path) + " (" + std::string(what) + ")";
  if (takes_room(changes_bytes_, text.size(), kChangesBytesMax)) result_.changes.push_back(std::move(text));
}

void RestoreReport::error(std::string_view path, const Error& error) {
  const std::lock_guard lock(mutex_);
  result_.state = "failed";
  if (const auto known = by_path_.find(path); known != by_path_.end() && known->second.text() == error.text()) return;
  if (by_path_.size() < kErrorsByPathMax) by_path_.try_emplace(std::string(path), error);
  else forgotten_ = true;
  RunError told{std::string(name_of(error.kind())), printable(path), error.text()};
  if (errors_left_out_ == 0 && result_.errors.size() < kRunErrorsMax && takes_room(errors_bytes_, told.path.size() + told.text.size(), kErrorsBytesMax)) {
    result_.errors.push_back(std::move(told));
    return;
  }
  if (errors_left_out_++ == 0) result_.errors.push_back({std::string(name_of(error.kind())), "", ""});
  result_.errors.back().text = "and " + std::to_string(errors_left_out_) + " more";
}

std::optional<Error> RestoreReport::error_of(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return std::nullopt;
  return found->second;
}

bool RestoreReport::error_forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

void RestoreReport::warning(std::string text) {
  const std::lock_guard lock(mutex_);
  if (warnings_left_out_ == 0 && result_.warnings.size() < kWarningsMax && takes_room(warnings_bytes_, text.size(), kWarningsBytesMax))
    return result_.warnings.push_back(std::move(text));
  if (warnings_left_out_++ == 0) result_.warnings.emplace_back();
  result_.warnings.back() = "and " + std::to_string(warnings_left_out_) + " more warnings";
}

void RestoreReport::passed_over(std::string_view path) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(passed_over_, true)) return;
  }
  warning(in_quotes(path) + " was passed over, as all of Sparekeep's own files of this host are: they make it the host that it is; restore them elsewhere with --target");
}

bool RestoreReport::has_passed_over() const {
  const std::lock_guard lock(mutex_);
  return passed_over_;
}

void RestoreReport::entry(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++result_.files, result_.bytes += bytes;
}

void RestoreReport::content(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  result_.bytes += bytes;
}

}  // namespace sparekeep::agent
