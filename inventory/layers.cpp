#include "inventory/layers.h"

#include <map>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

struct Leaf {
  const ConfigValue* value;
  Membership from;
};
using Leaves = std::map<std::string, Leaf>;

bool sets(const ConfigTable* table, const std::string& path) {
  const std::vector<std::string> parts = split_text(path, '.');
  for (size_t i = 0; table && i < parts.size(); ++i) {
    const ConfigValue* value = table->find(parts[i]);
    if (!value) return false;
    if (i + 1 == parts.size()) return true;
    table = value->table();
  }
  return false;
}

class Layering {
 public:
  Layering(const HostLayers& layers, const Groups& groups) : layers_(layers), groups_(groups) {}

  ConfigTable run() {
    ConfigTable merged;
    if (layers_.defaults) merged.overlay(*layers_.defaults);
    for (const Membership& membership : groups_.of_host(layers_.host)) {
      note(membership.group->settings, "", membership);
      add_roles(membership.group->settings);
      merged.overlay(membership.group->settings);
    }
    if (!roles_.empty()) merged.set("roles", roles_at_, {roles_at_, roles_});
    if (layers_.own) merged.overlay(*layers_.own);
    return merged;
  }

 private:
  void note(const ConfigTable& table, const std::string& prefix, const Membership& membership) {
    for (const ConfigEntry& entry : table.entries()) {
      const std::string path = prefix + entry.key;
      if (path == "roles") continue;
      if (entry.value.table()) {
        note(*entry.value.table(), path + ".", membership);
        continue;
      }
      const auto [other, is_first] = leaves_.emplace(path, Leaf{&entry.value, membership});
      const Leaf before = other->second;
      other->second = {&entry.value, membership};
      const bool agree = is_first || before.from.distance != membership.distance || same_content(*before.value, entry.value);
      if (agree || sets(layers_.own, path)) continue;
      throw refusal(entry.key_at,
                    "groups " + in_quotes(before.from.group->name) + " and " + in_quotes(membership.group->name) + " give " +
                        in_quotes(layers_.host) + " different values of " + in_quotes(path),
                    "one value, or one in [hosts." + layers_.host + "], is expected");
    }
  }

  void add_roles(const ConfigTable& settings) {
    const ConfigValue* roles = settings.find("roles");
    if (!roles || !roles->array()) return;
    roles_at_ = roles->at;
    roles_.insert(roles_.end(), roles->array()->begin(), roles->array()->end());
  }

  const HostLayers& layers_;
  const Groups& groups_;
  Leaves leaves_;
  ConfigArray roles_;
  Position roles_at_;
};

}  // namespace

ConfigTable lay_over(const HostLayers& layers, const Groups& groups) { return Layering(layers, groups).run(); }

}  // namespace sparekeep
