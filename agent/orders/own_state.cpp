#include "agent/orders/own_state.h"

#include <algorithm>
#include <set>

#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/config/toml.h"

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

constexpr const char* kOwnUnits[] = {
    "sparekeepd.service", "sparekeep-agent.service", "sparekeep-restore.socket", "sparekeep-restore@.service", "sparekeep-hook.socket", "sparekeep-hook@.service",
    "multi-user.target.wants/sparekeepd.service", "multi-user.target.wants/sparekeep-agent.service",
    "sockets.target.wants/sparekeep-restore.socket", "sockets.target.wants/sparekeep-hook.socket"};

// What other hosts have stored here, as daemon.toml says; where it does not, what install makes of none.
Path shards_of(const HostPaths& host) {
  const Result<ConfigTable> settings = read_toml(host.daemon_settings());
  const ConfigValue* storage = settings ? settings->find("storage") : nullptr;
  const ConfigValue* path = storage && storage->table() ? storage->table()->find("path") : nullptr;
  return host.below(path && path->text() ? *path->text() : "/srv/sparekeep");
}

// What may be a link counts by the names of its folder alone.
std::set<std::string> names_in(const Path& folder, const std::string& name) {
  std::set<std::string> names;
  for (const std::string& above : names_of(folder)) names.insert(path_below(above, name));
  return names;
}

// Of each of them all names. A unit may be a link (masked), and so may the folder of the states, which is nobody's own where it is none.
std::vector<std::set<std::string>> own_files(const HostPaths& host) {
  std::vector<std::set<std::string>> files;
  for (const Path& folder : {host.settings(), host.programs(), host.daemon_state(), host.agent_state(), host.order_register(), shards_of(host)})
    files.push_back(names_of(folder));
  for (const char* unit : kOwnUnits) files.push_back(names_in(host.below("/etc/systemd/system"), unit));
  const Path states = host.daemon_state().parent_path();
  std::error_code fault;
  if (std::filesystem::is_symlink(states, fault)) files.push_back(names_in(states.parent_path(), states.filename()));
  return files;
}

bool lies_in(const std::set<std::string>& targets, const std::set<std::string>& files) {
  const auto is_in = [&](const std::string& file) {
    return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) { return path_is_within(target, file); });
  };
  return std::any_of(files.begin(), files.end(), is_in);
}

// Where the snapshot has what would be written at one of these names.
void add_paths(std::vector<std::string>& paths, const RestoreOrder& order, const std::set<std::string>& files) {
  const std::string top = order.path.empty() ? "/" : order.path;
  for (const std::string& target : names_of(order.target))
    for (const std::string& file : files)
      if (path_is_within(file, target)) paths.push_back(path_below(top, file.substr(target == "/" ? 1 : target.size() + 1)));
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

Result<std::vector<std::string>> own_paths(const RestoreOrder& order, const HostPaths& host) {
  const std::set<std::string> targets = names_of(order.target);
  std::vector<std::string> paths;
  for (const std::set<std::string>& names : own_files(host)) {
    if (!lies_in(targets, names)) add_paths(paths, order, names);
    else if (order.delete_extra)
      return Error(ErrorKind::denied, "--delete removes nothing of " + in_quotes(*names.begin()) + ", own files of this host; restore without it, or to another folder");
  }
  return paths;
}

}  // namespace sparekeep::agent
