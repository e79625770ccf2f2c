#include "agent/restore/restore_report.h"

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kWarningsMax = 1000;
constexpr size_t kErrorsByPathMax = 10'000;

std::string_view name_of(ErrorKind kind) {
  const bool gone = kind == ErrorKind::lost || kind == ErrorKind::corrupt || kind == ErrorKind::unreachable || kind == ErrorKind::timeout;
  return gone ? "lost" : "failed";
}

}  // namespace

void RestoreReport::change(std::string_view path, std::string_view what) {
  const std::lock_guard lock(mutex_);
  ++result_.changed;
  if (result_.changes.size() < kRunChangesMax) result_.changes.push_back(printable(path) + " (" + std::string(what) + ")");
}

void RestoreReport::error(std::string_view path, const Error& error) {
  const std::lock_guard lock(mutex_);
  result_.state = "failed";
  if (by_path_.size() < kErrorsByPathMax) by_path_.try_emplace(std::string(path), error);
  else forgotten_ = true;
  if (result_.errors.size() < kRunErrorsMax) {
    result_.errors.push_back({std::string(name_of(error.kind())), printable(path), error.text()});
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
  if (result_.warnings.size() < kWarningsMax) return result_.warnings.push_back(std::move(text));
  if (warnings_left_out_++ == 0) result_.warnings.emplace_back();
  result_.warnings.back() = "and " + std::to_string(warnings_left_out_) + " more warnings";
}

void RestoreReport::entry(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++result_.files, result_.bytes += bytes;
}

}  // namespace sparekeep::agent
