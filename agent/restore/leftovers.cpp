#include "agent/restore/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>

#include "agent/restore/beneath.h"

namespace sparekeep::agent {

namespace {

// The thread that a temporary name was made by; empty: it is no such name.
std::optional<pid_t> maker_of(std::string_view name) {
  if (!name.starts_with(kRestoreTemporaryPrefix)) return std::nullopt;
  name.remove_prefix(kRestoreTemporaryPrefix.size());
  pid_t maker = 0;
  uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [dash, wrong] = std::from_chars(name.data(), end, maker);
  if (wrong != std::errc() || dash == end || *dash != '-' || maker <= 0) return std::nullopt;
  const auto [rest, wrong_number] = std::from_chars(dash + 1, end, number);
  if (wrong_number != std::errc() || rest != end) return std::nullopt;
  return maker;
}

bool is_at_work(pid_t maker) {
  return maker != ::gettid() && (::kill(maker, 0) == 0 || errno != ESRCH);
}

}  // namespace

std::string temporary_name(uint64_t number) {
  return std::string(kRestoreTemporaryPrefix) + std::to_string(::gettid()) + "-" + std::to_string(number);
}

void lock_temporary(int fd) { static_cast<void>(::flock(fd, LOCK_EX | LOCK_NB)); }

bool is_leftover(int folder, const std::string& name) {
  const std::optional<pid_t> maker = maker_of(name);
  struct stat facts {};
  if (!maker || ::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(facts.st_mode)) return false;
  if (!S_ISREG(facts.st_mode)) return !is_at_work(*maker);
  const Descriptor fd = open_name(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace sparekeep::agent
