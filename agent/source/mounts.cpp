#include "agent/source/mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <iterator>

namespace sparekeep::agent {

namespace {

constexpr long kMessageQueueMagic = 0x19800202;  // these four are not in linux/magic.h
constexpr long kFuseControlMagic = 0x65735543;
constexpr long kConfigMagic = 0x62656570;
constexpr long kRpcPipeMagic = 0x67596969;
constexpr long kPseudoFileSystems[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,       CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
                                       TRACEFS_MAGIC,      SECURITYFS_MAGIC,  BPF_FS_MAGIC,       DEVPTS_SUPER_MAGIC,  EFIVARFS_MAGIC,
                                       PSTOREFS_MAGIC,     BINFMTFS_MAGIC,    SELINUX_MAGIC,      SMACK_MAGIC,         NSFS_MAGIC,
                                       AUTOFS_SUPER_MAGIC, HUGETLBFS_MAGIC,   kMessageQueueMagic, kFuseControlMagic,   kConfigMagic,
                                       kRpcPipeMagic};

}  // namespace

bool is_pseudo_file_system(int file) {
  struct statfs facts {};
  if (::fstatfs(file, &facts) != 0) return false;
  const auto type = static_cast<long>(facts.f_type);
  return std::find(std::begin(kPseudoFileSystems), std::end(kPseudoFileSystems), type) != std::end(kPseudoFileSystems);
}

uint64_t mount_of(int folder) {
  struct statx facts {};
  const bool told = ::statx(folder, "", AT_EMPTY_PATH, STATX_MNT_ID, &facts) == 0 && (facts.stx_mask & STATX_MNT_ID) != 0;
  return told ? facts.stx_mnt_id : 0;
}

}  // namespace sparekeep::agent
