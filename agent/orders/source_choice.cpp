#include "agent/orders/source_choice.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "agent/source/pattern_file.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

// Those of the host lie over those of the playbook.
Result<PathGlob> patterns_of(const BackupOrder& order) {
  std::vector<std::string> patterns = order.exclude;
  for (const std::string& file : order.exclude_files) {
    const Result<std::vector<std::string>> more = read_patterns(file);
    if (!more) return more.error();
    patterns.insert(patterns.end(), more->begin(), more->end());
  }
  return PathGlob::parse(patterns);
}

// What would stand in the way of a command's output: in the snapshot that lies there, whatever the host has.
bool is_in_the_way(const BackupOrder& order, std::string_view path, bool is_directory) {
  if (!path.starts_with(kCommandsFolder)) return false;
  const auto lies_there = [&](const CommandSource& command) { return path == path_of(command); };
  return (path == kCommandsFolder && !is_directory) || std::any_of(order.commands.begin(), order.commands.end(), lies_there);
}

Result<void> check_named(const BackupOrder& order, const PathGlob& globs) {
  for (const std::string& path : order.paths) {
    if (!order.commands.empty() && path_is_within(path, kCommandsFolder))
      return Error(ErrorKind::usage, "source " + in_quotes(path) + " is where the outputs of commands lie; nothing was backed up");
    std::error_code fault;
    if (globs.choice(path, std::filesystem::is_directory(path, fault)) != PathChoice::leave) continue;   // or something in it is taken back
    return Error(ErrorKind::usage, "source " + in_quotes(path) + " is left out by the job's own patterns; nothing was backed up");
  }
  return {};
}

// A walk goes through links on the way to a source, a restore writes through none.
std::optional<std::string> link_warning(const std::string& path) {
  const Result<std::string> normal = normal_path(path);
  std::error_code fault;
  if (!normal) return std::nullopt;
  const bool is_link = std::filesystem::is_symlink(*normal, fault);
  const std::filesystem::path real = std::filesystem::canonical(*normal, fault);
  if (is_link) return "source " + in_quotes(path) + " is a symbolic link, which is backed up as such; " +
                      (fault ? "it leads nowhere" : "for what it leads to name " + in_quotes(real.native()));
  if (fault || real.native() == *normal) return std::nullopt;
  const std::filesystem::path target = std::filesystem::is_directory(real, fault) ? real : real.parent_path();
  return "source " + in_quotes(path) + " lies below a symbolic link, through which no restore writes; name " + in_quotes(real.native()) +
         " instead, or restore " + in_quotes("SNAPSHOT:" + *normal) + " with --target " + in_quotes(target.native());
}

}  // namespace

Result<WalkOptions> walk_options(const BackupOrder& order) {
  Result<PathGlob> globs = patterns_of(order);
  if (!globs) return globs.error();
  if (const Result<void> named = check_named(order, *globs); !named) return named.error();
  WalkOptions options;
  if (!globs->empty() || !order.commands.empty())
    options.choose = [shared = std::make_shared<PathGlob>(std::move(*globs)), order](std::string_view path, bool is_directory) {
      return is_in_the_way(order, path, is_directory) ? PathChoice::leave : shared->choice(path, is_directory);
    };
  options.tags = order.exclude_if_present;
  options.cache_tags = order.exclude_caches;
  options.one_file_system = order.one_file_system;
  if (order.exclude_larger_than > 0) options.file_bytes_max = order.exclude_larger_than;
  return options;
}

std::vector<std::string> source_warnings(const BackupOrder& order) {
  std::vector<std::string> warnings;
  for (const std::string& file : order.exclude_files)
    if (std::optional<std::string> warning = pattern_file_warning(file)) warnings.push_back(std::move(*warning));
  for (const std::string& path : order.paths)
    if (std::optional<std::string> warning = link_warning(path)) warnings.push_back(std::move(*warning));
  return warnings;
}

}  // namespace sparekeep::agent
