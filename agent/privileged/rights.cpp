#include "agent/privileged/rights.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace sparekeep::agent {

namespace {

// SYS_ADMIN for trusted.* and security.* attributes alone: the kernel asks for no less. KILL for the child, which is another user by then.
constexpr std::initializer_list<int> kRestoreCapabilities = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,          CAP_FSETID,
                                                            CAP_MKNOD, CAP_SETFCAP,      CAP_SYS_ADMIN,       CAP_LINUX_IMMUTABLE, CAP_KILL};

Result<void> no_new_rights() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
  return system_error("giving up new privileges", errno);
}

}  // namespace

Result<void> keep_restore_capabilities() {
  if (Result<void> done = no_new_rights(); !done || ::geteuid() != 0) return done;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, held) != 0) return system_error("reading capabilities", errno);
  uint32_t kept[_LINUX_CAPABILITY_U32S_3] = {};
  for (const int capability : kRestoreCapabilities) kept[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)   // EINVAL: one that this kernel does not know; EPERM: already limited
    if ((kept[CAP_TO_INDEX(capability)] & CAP_TO_MASK(capability)) == 0) static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) held[i].effective &= kept[i], held[i].permitted &= kept[i], held[i].inheritable = 0;
  if (::syscall(SYS_capset, &header, held) != 0) return system_error("giving up capabilities", errno);
  return {};
}

Result<void> become_user(uid_t uid, gid_t gid, pid_t parent) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0)
    return system_error("becoming user " + std::to_string(uid), errno);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error("becoming an ordinary process", errno);
  if (::getppid() != parent) return Error(ErrorKind::closed, "the parent has gone");
  return no_new_rights();
}

}  // namespace sparekeep::agent
