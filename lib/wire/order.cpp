#include "lib/wire/order.h"

namespace sparekeep {

int order_format(const BackupOrder& order) {
  const bool leaves_out = !order.exclude_files.empty() || !order.exclude_if_present.empty() || order.exclude_caches || order.exclude_larger_than > 0 ||
                          order.one_file_system;
  return leaves_out || !order.commands.empty() ? 2 : 1;
}

}  // namespace sparekeep
