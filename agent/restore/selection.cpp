#include "agent/restore/selection.h"

#include <algorithm>

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

bool Selection::takes(std::string_view entry_path) const { return (own.empty() || !is_own(entry_path)) && chooses(entry_path); }

bool Selection::is_own(std::string_view entry_path) const {
  return std::any_of(own.begin(), own.end(), [&](const std::string& one) { return path_is_within(entry_path, one); });
}

bool Selection::chooses(std::string_view entry_path) const {
  if (!path.empty() && !path_is_within(entry_path, path)) return false;
  if (excluded && excluded(entry_path)) return false;
  return !included || included(entry_path);
}

std::string Selection::place_of(std::string_view entry_path, FileKind kind) const {
  if (path.empty() || path == "/") return std::string(entry_path.substr(1));
  if (entry_path == path) return kind == FileKind::directory ? "" : std::string(path_name(path));
  return std::string(entry_path.substr(path.size() + 1));
}

Error nothing_found(const RestoreOrder& order) {
  std::string text = "the snapshot holds nothing at " + in_quotes(order.path.empty() ? "/" : order.path);
  const auto name = [&](const char* what, const std::vector<std::string>& patterns, const char* does) {
    if (patterns.empty()) return;
    text += std::string(" that ") + what;
    for (const std::string& pattern : patterns) text += (&pattern == &patterns.front() ? " " : ", ") + in_quotes(pattern);
    text += does;
  };
  name("include", order.include, " fits");
  name("exclude", order.exclude, " leaves");
  return Error(ErrorKind::not_found, text);
}

}  // namespace sparekeep::agent
