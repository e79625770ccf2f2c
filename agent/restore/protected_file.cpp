#include "agent/restore/protected_file.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>

#include "agent/restore/beneath.h"
#include "lib/archive/disk_facts.h"

namespace sparekeep::agent {

namespace {

constexpr int kTriesMax = 100;     // another thread, at another name of the file, gives its flags back in between

bool has_name(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) != 0 || facts.st_nlink > 0;
}

bool protects(const std::string& flags) { return flags.find("schg") != flags.npos || flags.find("sappnd") != flags.npos; }

// Who finds protection gives it back; who finds none takes none away.
bool act_once(int fd, const std::function<bool()>& act) {
  const std::string flags = read_flags(fd);
  if (!protects(flags)) return act();
  if (!clear_protection(fd)) return errno = EPERM, false;
  const bool done = act();
  const int error_number = errno;
  const bool back = !has_name(fd) || set_flags(fd, flags);
  errno = back ? error_number : EIO;
  return done && back;
}

}  // namespace

bool despite_protection(int folder, const std::string& name, const std::function<bool()>& act) {
  const Descriptor fd = open_name(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return errno = EPERM, false;
  for (int i = 0; i < kTriesMax; ++i) {
    if (act_once(fd.get(), act)) return true;
    if (errno != EPERM) return false;
    ::sched_yield();
  }
  return false;
}

}  // namespace sparekeep::agent
