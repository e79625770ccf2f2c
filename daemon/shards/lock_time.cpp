#include "daemon/shards/lock_time.h"

#include <charconv>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kFileSizeMax = 64;

Path file_of(const Path& state) { return state / "lock-time"; }   // text: seconds

}  // namespace

Result<Duration> kept_lock(const Path& state) {
  const Result<std::string> text = read_text(file_of(state), kFileSizeMax);
  if (!text) return text.error();
  int64_t seconds = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  const bool whole = fault == std::errc() && std::string_view(end, text->data() + text->size()) == "\n";
  if (!whole || seconds < 0 || seconds > std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count())
    return Error(ErrorKind::corrupt, in_quotes(file_of(state).native()) + " does not hold a number of seconds");
  return Duration(std::chrono::seconds(seconds));
}

Result<void> lower_lock(const Path& state, Duration to) {
  const std::string text = std::to_string(std::chrono::ceil<std::chrono::seconds>(to).count()) + "\n";
  return write_durably(file_of(state), as_bytes(text), {.mode = 0644});
}

Duration raise_lock(const Path& state, Duration declared) {
  const Result<Duration> kept = kept_lock(state);
  if (!kept && kept.error().kind() != ErrorKind::not_found) {
    log_error("nothing stored here can be deleted until `sparekeepd lower-lock` says the lock time anew: " + kept.error().text());
    return Duration::max();
  }
  if (kept && *kept > declared)
    log_info("the lock time stays " + format_duration(*kept) + ": it is made shorter on this host alone, by `sparekeepd lower-lock`");
  if (kept && *kept >= declared) return *kept;
  if (const Result<void> written = lower_lock(state, declared); !written) log_warning("the lock time is not kept: " + written.error().text());
  return declared;
}

}  // namespace sparekeep::daemon
