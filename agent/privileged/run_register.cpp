#include "agent/privileged/run_register.h"

#include <sys/stat.h>

#include <charconv>

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kEntryBytesMax = 200;
constexpr Duration kKeptAfterEnd = std::chrono::hours(24 * 7);   // a clock that steps back brings no order to life again
constexpr std::string_view kLockSuffix = ".lock", kOutcomeSuffix = ".outcome";

Path beside(const Path& file, std::string_view suffix) { return file.native() + std::string(suffix); }

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

Result<void> RunRegister::Entry::done(std::string_view outcome) {
  if (!outcome.empty() && outcome.size() <= kOutcomeBytesMax)
    if (const Result<void> kept = write_durably(beside(file_, kOutcomeSuffix), as_bytes(outcome), {.mode = 0600}); !kept) return kept;
  return write_kept(file_, {attempts_, true, expires_});
}

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
    if (name.ends_with(kLockSuffix) || name.ends_with(kOutcomeSuffix)) continue;
    const Result<Kept> kept = read_kept(folder_ / name);
    if (!kept || kept->expires + kKeptAfterEnd > now) continue;
    for (const std::string_view suffix : {kOutcomeSuffix, std::string_view(), kLockSuffix}) ::unlink(beside(folder_ / name, suffix).c_str());
  }
}

Result<RunRegister::Entry> RunRegister::begin(const RunId& run, std::string_view step, Time expires) {
  const std::string about = "run " + run.hex() + ": its " + in_quotes(step);
  const Path file = file_of(run, step);
  Result<FileLock> lock = FileLock::acquire(beside(file, kLockSuffix));
  if (!lock) return lock.error().kind() == ErrorKind::busy ? Error(ErrorKind::busy, about + " is being carried out") : lock.error();
  Result<Kept> kept = read_kept(file);
  if (!kept) return kept.error();
  if (is_done(run, step)) return Error(ErrorKind::exists, about + " was carried out already");
  if (kept->attempts >= kBeginningsMax) return Error(ErrorKind::denied, about + " was begun " + std::to_string(kBeginningsMax) + " times, and never completed");
  if (const Result<void> written = write_kept(file, {kept->attempts + 1, false, expires}); !written) return written.error();
  return Entry(file, std::move(*lock), kept->attempts + 1, expires);
}

bool RunRegister::is_done(const RunId& run, std::string_view step) const {
  const Result<Kept> kept = read_kept(file_of(run, step));
  std::error_code nothing;
  return (kept && kept->done) || std::filesystem::exists(beside(file_of(run, step), kOutcomeSuffix), nothing);
}

Result<std::string> RunRegister::outcome(const RunId& run, std::string_view step) const {
  return read_text(beside(file_of(run, step), kOutcomeSuffix), kOutcomeBytesMax);
}

// The entry says that the step is done: only then may its outcome go.
void RunRegister::forget_outcome(const RunId& run, std::string_view step) const {
  const Result<Kept> kept = read_kept(file_of(run, step));
  if (!kept) return;
  if (!kept->done && !write_kept(file_of(run, step), {kept->attempts, true, kept->expires})) return;
  ::unlink(beside(file_of(run, step), kOutcomeSuffix).c_str());
}

std::vector<RunId> RunRegister::outcomes(std::string_view step) const {
  std::vector<RunId> runs;
  const std::string suffix = "." + std::string(step) + std::string(kOutcomeSuffix);
  const Result<std::vector<std::string>> names = list_folder(folder_);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const Result<RunId> run = RunId::parse(std::string_view(name).substr(0, name.size() - std::min(name.size(), suffix.size())));
    if (run && name.ends_with(suffix)) runs.push_back(*run);
  }
  return runs;
}

}  // namespace sparekeep::agent
