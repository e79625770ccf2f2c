// What a restore says: counts, changes, errors, warnings, each list bounded. Thread safe.
#pragma once

#include <mutex>

#include "lib/base/error.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

class RestoreReport {
 public:
  explicit RestoreReport(RunResult& result) : result_(result) {}

  void change(std::string_view path, std::string_view what);
  void error(std::string_view path, const Error& error);
  void warning(std::string text);
  void entry(uint64_t bytes);

 private:
  std::mutex mutex_;
  RunResult& result_;
  uint64_t errors_left_out_ = 0;
};

}  // namespace sparekeep::agent
