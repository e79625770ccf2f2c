#include "agent/orders/own_state.h"

#include <algorithm>
#include <set>

#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

// As it is written, and without symlinks on the way: a walk follows none.
std::set<std::string> names_of(const Path& state) {
  std::set<std::string> names{state.native()};
  std::error_code fault;
  const Path real = std::filesystem::canonical(state, fault);
  if (!fault) names.insert(real.native());
  return names;
}

std::string pattern_of(const std::string& path) {
  std::string pattern;
  for (const char character : path) {
    if (std::string_view("*?[]\\").find(character) != std::string_view::npos) pattern += '\\';
    pattern += character;
  }
  return pattern;
}

}  // namespace

Order without_own_state(Order order, const Path& state) {
  const std::vector<std::string>& paths = order.backup.paths;
  for (const std::string& name : names_of(state)) {
    const bool is_meant = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return path_is_within(path, name); });
    const bool is_held = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return path_is_within(name, path); });
    if (is_held && !is_meant) order.backup.exclude.push_back(pattern_of(name));
  }
  return order;
}

}  // namespace sparekeep::agent
