// What a restore says: counts, changes, errors, warnings, each list bounded in number and in bytes. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "lib/base/error.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

// Are the bytes not to be had? Else something of the target is in the way.
bool is_lost(ErrorKind kind);

class RestoreReport {
 public:
  explicit RestoreReport(RunResult& result) : result_(result) {}

  void change(std::string_view path, std::string_view what);
  void error(std::string_view path, const Error& error);   // what was the first of this path is told once
  // The first error of this path, for its other names; none, too, when error_forgotten() and it is one of those.
  std::optional<Error> error_of(const std::string& path) const;
  bool error_forgotten() const;
  void warning(std::string text);
  void passed_over(std::string_view path);                 // of the host's own: told once
  bool has_passed_over() const;
  void entry(uint64_t bytes);
  void content(uint64_t bytes);        // of an entry that was counted without

 private:
  mutable std::mutex mutex_;
  RunResult& result_;
  std::map<std::string, Error, std::less<>> by_path_;
  bool forgotten_ = false, passed_over_ = false;
  size_t changes_bytes_ = 0, errors_bytes_ = 0, warnings_bytes_ = 0;
  uint64_t errors_left_out_ = 0, warnings_left_out_ = 0;
};

}  // namespace sparekeep::agent
