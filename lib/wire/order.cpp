#include "lib/wire/order.h"

#include <algorithm>

namespace sparekeep {

int order_format(const BackupOrder& order) {
  const bool leaves_out = !order.exclude_files.empty() || !order.exclude_if_present.empty() || order.exclude_caches || order.exclude_larger_than > 0 ||
                          order.one_file_system;
  return leaves_out || !order.commands.empty() ? 2 : 1;
}

LeftOut left_out_of(const BackupOrder& order) {
  return {.exclude = order.exclude, .exclude_if_present = order.exclude_if_present, .exclude_caches = order.exclude_caches,
          .exclude_larger_than = order.exclude_larger_than, .one_file_system = order.one_file_system, .exclude_files = !order.exclude_files.empty()};
}

void set_left_out(Order& order, const LeftOut& left_out) {
  if (!order.restore.delete_extra) return;
  order.restore.left_out = left_out;
  const bool any = !left_out.exclude.empty() || !left_out.exclude_if_present.empty() || left_out.exclude_caches || left_out.exclude_larger_than > 0 ||
                   left_out.one_file_system || left_out.exclude_files;
  if (any) order.format = std::max(order.format, 2);
}

}  // namespace sparekeep
