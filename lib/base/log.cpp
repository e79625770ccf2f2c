#include "lib/base/log.h"

#include <atomic>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

std::atomic<LogLevel> g_level{LogLevel::info};  // the one process-wide setting: written by main before any thread starts

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "";
}

}  // namespace

void set_log_level(LogLevel level) { g_level = level; }

void log_line(LogLevel level, std::string_view text) {
  if (level > g_level.load()) return;
  std::string line = to_rfc3339(system_clock().now());
  line.append(" ").append(name_of(level)).append(" ").append(printable(text)).append("\n");
  (void)write_all(STDERR_FILENO, as_bytes(line));  // one write: lines of several threads do not mix
}

}  // namespace sparekeep
