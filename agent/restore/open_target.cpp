#include <sys/stat.h>

#include <cerrno>

#include "agent/restore/restore.h"

namespace sparekeep::agent {

Result<std::unique_ptr<TargetWriter>> open_target(const RestoreOrder& order, std::string beneath, AccountNames& names, const WarningSink& warn) {
  struct stat facts {};
  if (order.check_only && ::stat(order.target.c_str(), &facts) != 0) {
    if (errno == ENOENT) return std::unique_ptr<TargetWriter>();
    return system_error("examining", errno);
  }
  Result<FileWriter> opened = FileWriter::open(order.target, {order.numeric_owner, std::move(beneath), order.overwrite != "never"}, names, warn);
  if (!opened) return opened.error();
  return std::unique_ptr<TargetWriter>(std::make_unique<FileWriter>(std::move(*opened)));
}

}  // namespace sparekeep::agent
