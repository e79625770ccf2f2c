#include "agent/privileged/run_register.h"

#include <sys/stat.h>

#include <charconv>

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kEntryBytesMax = 200;
constexpr Duration kKeptAfterEnd = std::chrono::hours(24 * 7);   // a clock that steps back brings no order to life again
constexpr std::string_view kLockSuffix = ".lock";

struct Kept {
  int attempts = 0;
  bool done = false;
  Time expires;
};

Result<Kept> read_kept(const Path& file) {
  const Result<std::string> text = read_text(file, kEntryBytesMax);
  if (!text) return text.error().kind() == ErrorKind::not_found ? Kept() : Result<Kept>(text.error());
  const std::vector<std::string> words = split_text(text->substr(0, text->find('\n')), ' ');
  Kept kept;
  const Result<Time> expires = words.size() == 3 ? from_rfc3339(words[2]) : Error(ErrorKind::corrupt, "three words are expected");
  if (!expires || std::from_chars(words[0].data(), words[0].data() + words[0].size(), kept.attempts).ec != std::errc())
    return Error(ErrorKind::corrupt, in_quotes(file.native()) + " is damaged; remove it when no order is being carried out");
  kept.done = words[1] == "done";
  kept.expires = *expires;
  return kept;
}

Result<void> write_kept(const Path& file, const Kept& kept) {
  const std::string text = std::to_string(kept.attempts) + (kept.done ? " done " : " begun ") + to_rfc3339(kept.expires) + "\n";
  return write_durably(file, as_bytes(text), {.mode = 0600});
}

// A folder that others may write could lose an entry, and an order be carried out twice.
Result<void> check_folder(const Path& folder) {
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0) return system_error("examining " + in_quotes(folder.native()), errno);
  if (S_ISDIR(facts.st_mode) && facts.st_uid == ::geteuid() && (facts.st_mode & 022) == 0) return {};
  return Error(ErrorKind::denied, in_quotes(folder.native()) + " can be written by others; it must be a folder of root's own, of mode 0700");
}

}  // namespace

Result<void> RunRegister::Entry::done() { return write_kept(file_, {attempts_, true, expires_}); }

Result<RunRegister> RunRegister::open(Path folder, const Clock& clock) {
  if (const Result<void> made = make_folders(folder, 0700); !made) return made.error();
  if (const Result<void> safe = check_folder(folder); !safe) return safe.error();
  RunRegister kept(std::move(folder));
  kept.forget(clock.now());
  return kept;
}

void RunRegister::forget(Time now) const {
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.ends_with(kLockSuffix)) continue;
    const Result<Kept> kept = read_kept(folder_ / name);
    if (!kept || kept->expires + kKeptAfterEnd > now) continue;
    ::unlink((folder_ / name).c_str());
    ::unlink((folder_ / (name + std::string(kLockSuffix))).c_str());
  }
}

Result<RunRegister::Entry> RunRegister::begin(const RunId& run, std::string_view step, Time expires) {
  const std::string about = "run " + run.hex() + ": its " + in_quotes(step);
  const Path file = folder_ / (run.hex() + "." + std::string(step));
  Result<FileLock> lock = FileLock::acquire(Path(file.native() + std::string(kLockSuffix)));
  if (!lock) return lock.error().kind() == ErrorKind::busy ? Error(ErrorKind::busy, about + " is being carried out") : lock.error();
  Result<Kept> kept = read_kept(file);
  if (!kept) return kept.error();
  if (kept->done) return Error(ErrorKind::exists, about + " was carried out already");
  if (kept->attempts >= kAttemptsMax) return Error(ErrorKind::denied, about + " was begun " + std::to_string(kAttemptsMax) + " times, and never completed");
  if (const Result<void> written = write_kept(file, {kept->attempts + 1, false, expires}); !written) return written.error();
  return Entry(file, std::move(*lock), kept->attempts + 1, expires);
}

}  // namespace sparekeep::agent
