#include "playbooks/bind.h"

#include <algorithm>
#include <set>

#include "inventory/selection.h"
#include "lib/base/path_glob.h"
#include "lib/base/path_order.h"
#include "lib/base/suggestion.h"
#include "lib/base/text.h"
#include "lib/config/interpolate.h"
#include "lib/config/limits.h"
#include "playbooks/job_keys.h"

namespace sparekeep {

namespace {

constexpr size_t kSettingsMax = 2'000'000;      // of all jobs on all their hosts

std::string redundancy_text(Layout layout) {
  if (layout.data == 1) return std::to_string(layout.count()) + " copies";
  return std::to_string(layout.data) + " + " + std::to_string(layout.parity);
}

// A path of a job after its variables are known: absolute, without "..", no slash at its end.
std::string checked_path(const std::string& path, const Position& at) {
  const std::vector<std::string> names = split_text(path, '/');
  if (!path.starts_with('/')) throw refusal(at, "path " + in_quotes(path) + " is relative", "an absolute path is expected");
  if (std::find(names.begin(), names.end(), "..") != names.end())
    throw refusal(at, "path " + in_quotes(path) + " has '..' in it", "a plain path is expected");
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

class Binder {
 public:
  Binder(const Playbook& playbook, const Inventory& inventory) : playbook_(playbook), inventory_(inventory) {}

  BoundPlaybook run() {
    bound_.name = playbook_.name;
    for (const DeclaredBackup& declared : playbook_.backups) count(declared.table);
    for (const DeclaredRestore& declared : playbook_.restores) count(declared.table);
    for (const DeclaredBackup& declared : playbook_.backups) bind_backup(declared);
    for (const DeclaredRestore& declared : playbook_.restores) bind_restore(declared);
    return std::move(bound_);
  }

 private:
  // Each host of a job gets a copy of it: a small file could ask for more memory than there is.
  void count(const ConfigTable& job) {
    settings_ += hosts_of(job).size() * weight_of(job);
    if (settings_ > kSettingsMax)
      throw refusal(job.at, "the jobs have too many settings together, counted for each host", "expected at most " + std::to_string(kSettingsMax));
  }

  ConfigTable table_for(const ConfigTable& declared, const Host& host) {
    Variables variables{host.vars, "host " + in_quotes(host.name), &text_left_};
    variables.values["host"] = host.name;
    ConfigTable table = declared;
    interpolate_table(table, variables);
    return table;
  }

  std::vector<std::string> hosts_of(const ConfigTable& table) const {
    const ConfigValue& items = *table.find("hosts");
    std::set<std::string> wanted, excluded;
    for (const ConfigValue& item : *items.array()) {
      const std::string_view text = *item.text();
      const bool exclusion = text.starts_with('!');
      const Result<std::vector<std::string>> names = hosts_matching(inventory_, text.substr(exclusion ? 1 : 0));
      if (!names) throw names.error().during(item.at.text());
      (exclusion ? excluded : wanted).insert(names->begin(), names->end());
    }
    std::vector<std::string> hosts;
    for (const Host& host : inventory_.hosts)
      if (wanted.count(host.name) > 0 && excluded.count(host.name) == 0) hosts.push_back(host.name);
    if (hosts.empty()) throw refusal(items.at, "'hosts' leaves no host", "at least one host of the inventory is expected");
    return hosts;
  }

  void bind_backup(const DeclaredBackup& declared) {
    check_privileges(declared.table);
    for (const std::string& name : hosts_of(declared.table)) {
      const Host& host = *inventory_.find(name);
      const ConfigTable table = table_for(declared.table, host);
      BackupJob job = backup_keys().read(table);
      job.at = declared.job.at;
      check_paths(job.paths, table.find("paths"));
      check_paths(job.exclude_files, table.find("exclude_files"));
      if (!job.paths.empty()) check_named(job, *table.find("paths")->array());
      job.redundancy = redundancy_of(declared, host);
      bound_.backups.push_back({name, std::move(job)});
    }
  }

  static void check_paths(std::vector<std::string>& paths, const ConfigValue* written) {
    for (size_t i = 0; i < paths.size(); ++i) paths[i] = checked_path(paths[i], (*written->array())[i].at);
  }

  // A pattern that fits a folder fits all below it: of such a path there would be nothing but its name.
  static void check_named(const BackupJob& job, const ConfigArray& paths) {
    const Result<PathGlob> globs = PathGlob::parse(job.exclude);
    if (!globs) throw refusal(paths.front().at, globs.error().text(), "a glob is expected in 'exclude'");
    for (size_t i = 0; i < job.paths.size(); ++i) {
      if (!job.commands.empty() && path_is_within(job.paths[i], kCommandsFolder))
        throw refusal(paths[i].at, "path " + in_quotes(job.paths[i]) + " is where the outputs of this job's commands lie", "another path is expected");
      if (globs->choice(job.paths[i], true) == PathChoice::leave)
        throw refusal(paths[i].at, "path " + in_quotes(job.paths[i]) + " is left out by 'exclude'", "a pattern that fits below it is expected, or another path");
    }
  }

  void check_privileges(const ConfigTable& table) const {
    const ConfigValue* privileges = table.find("privileges");
    if (!privileges) return;
    for (const ConfigEntry& list : privileges->table()->entries())
      for (const ConfigValue& item : *list.value.array()) {
        const std::string_view text = *item.text();
        if (text.starts_with("host:") && text.find("${") == text.npos) check_host(text.substr(5), item.at);
      }
  }

  void check_host(std::string_view name, const Position& at) const {
    if (inventory_.find(name)) return;
    std::vector<std::string> known;
    for (const Host& host : inventory_.hosts) known.push_back(host.name);
    const std::string nearest = nearest_name(name, known);
    throw refusal(at, "host " + in_quotes(name) + " is not in the inventory",
                  nearest.empty() ? "the name of a host is expected" : "did you mean " + in_quotes(nearest) + "?");
  }

  size_t systems_besides(const Host& host) const {
    const auto counts = [&](const Host& other) { return other.has_role(HostRole::storage) && other.name != host.name; };
    return static_cast<size_t>(std::count_if(inventory_.hosts.begin(), inventory_.hosts.end(), counts));
  }

  Layout redundancy_of(const DeclaredBackup& declared, const Host& host) {
    const size_t systems = systems_besides(host);
    const std::string others = std::to_string(systems) + " other storage system" + (systems == 1 ? "" : "s");
    const std::string job = "job " + in_quotes(declared.job.name);
    const std::string has = "host " + in_quotes(host.name) + " has " + others + " in the inventory";
    if (declared.job.redundancy) {
      const Layout layout = *declared.job.redundancy;
      if (layout.count() > systems)
        throw refusal(declared.table.find("redundancy")->at, job + " wants " + redundancy_text(layout) + ", and " + has,
                      "at least " + std::to_string(layout.count()) + " are expected");
      return layout;
    }
    const std::optional<Layout> layout = default_redundancy(systems);
    if (!layout) throw refusal(declared.job.at, job + " has no redundancy, because " + has, "at least 2 are expected");
    if (systems == 2) warn(declared.job.at, job + " keeps 2 copies only, because " + has + "; four systems give 2 + 2");
    return *layout;
  }

  void warn(const Position& at, const std::string& text) {  // once a job is enough
    const std::string start = at.text() + ": ";
    const bool said =
        std::any_of(bound_.warnings.begin(), bound_.warnings.end(), [&](const std::string& warning) { return warning.starts_with(start); });
    if (!said) bound_.warnings.push_back(start + text);
  }

  void bind_restore(const DeclaredRestore& declared) {
    for (const std::string& name : hosts_of(declared.table)) {
      const ConfigTable table = table_for(declared.table, *inventory_.find(name));
      RestoreJob job = restore_keys().read(table);
      job.at = declared.job.at;
      job.target = checked_path(job.target, table.find("target")->at);
      const Position from_at = table.find("from")->at;
      if (job.from.host.empty()) job.from.host = name;
      check_source(job.from, from_at);
      bound_.restores.push_back({name, std::move(job)});
    }
  }

  void check_source(const RestoreFrom& from, const Position& at) const {
    const auto is_named = [&](const auto& declared) { return declared.job.name == from.job; };
    if (std::any_of(playbook_.restores.begin(), playbook_.restores.end(), is_named))
      throw refusal(at, "job " + in_quotes(from.job) + " is a restore", "a backup job is expected");
    if (std::none_of(playbook_.backups.begin(), playbook_.backups.end(), is_named)) return;  // it may be registered
    const auto backs_up = [&](const HostBackup& backup) { return backup.job.name == from.job && backup.host == from.host; };
    if (std::any_of(bound_.backups.begin(), bound_.backups.end(), backs_up)) return;
    throw refusal(at, "job " + in_quotes(from.job) + " does not back up host " + in_quotes(from.host),
                  "'host' with one of its hosts is expected");
  }

  const Playbook& playbook_;
  const Inventory& inventory_;
  size_t settings_ = 0, text_left_ = kInterpolatedBytesMax;
  BoundPlaybook bound_;
};

}  // namespace

BoundPlaybook bind_playbook(const Playbook& playbook, const Inventory& inventory) { return Binder(playbook, inventory).run(); }

std::optional<Layout> default_redundancy(size_t other_systems) {
  if (other_systems >= 4) return Layout{2, 2};
  if (other_systems < 2) return std::nullopt;
  return copies(static_cast<uint8_t>(other_systems));
}

}  // namespace sparekeep
