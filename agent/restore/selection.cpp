#include "agent/restore/selection.h"

#include "lib/base/path_order.h"

namespace sparekeep::agent {

bool Selection::takes(std::string_view entry_path) const {
  if (!path.empty() && !path_is_within(entry_path, path)) return false;
  if (excluded && excluded(entry_path)) return false;
  return !included || included(entry_path);
}

std::string Selection::place_of(std::string_view entry_path, FileKind kind) const {
  if (path.empty() || path == "/") return std::string(entry_path.substr(1));
  if (entry_path == path) return kind == FileKind::directory ? "" : std::string(path_name(path));
  return std::string(entry_path.substr(path.size() + 1));
}

}  // namespace sparekeep::agent
