// Log lines of the long-running programs: one line an event, on standard error, `TIME LEVEL text`. Foreign text in it is
// made printable, so that no host can forge lines. Secrets have a type (lib/crypt/secret.h) that cannot be put into text.
#pragma once

#include <string_view>

namespace sparekeep {

enum class LogLevel { error, warning, info, debug };

void set_log_level(LogLevel level);
void log_line(LogLevel level, std::string_view text);
inline void log_error(std::string_view text) { log_line(LogLevel::error, text); }
inline void log_warning(std::string_view text) { log_line(LogLevel::warning, text); }
inline void log_info(std::string_view text) { log_line(LogLevel::info, text); }
inline void log_debug(std::string_view text) { log_line(LogLevel::debug, text); }

}  // namespace sparekeep
