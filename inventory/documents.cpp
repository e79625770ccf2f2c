#include "inventory/documents.h"

#include "lib/config/key_table.h"
#include "lib/config/toml.h"

namespace sparekeep {

namespace {

ValueType<ConfigTable> section() {
  return {"a table",
          [](const ConfigValue& value, std::string_view what) {
            if (!value.table()) throw wrong_value(value, what, "a table");
            return *value.table();
          },
          {}};
}

KeyTable<InventoryDocument> document_keys() {
  using D = InventoryDocument;
  return {"an inventory",
          {
              key("defaults", &D::defaults, section(), {}),
              key("groups", &D::groups, section(), {}),
              key("hosts", &D::hosts, section(), {}),
              key("central", &D::central, section(), {}),
          }};
}

// What `earlier` says about the members of groups goes in front of what `later` says.
void add_members(ConfigTable& later, const ConfigTable& earlier) {
  for (ConfigEntry& entry : later.entries()) {
    auto* group = std::get_if<ConfigTable>(&entry.value.data);
    const ConfigValue* before = earlier.find(entry.key);
    const ConfigValue* before_hosts = before && before->table() ? before->table()->find("hosts") : nullptr;
    const ConfigValue* hosts = group ? group->find("hosts") : nullptr;
    if (!hosts || !hosts->array() || !before_hosts || !before_hosts->array()) continue;
    ConfigArray both = *before_hosts->array();
    both.insert(both.end(), hosts->array()->begin(), hosts->array()->end());
    group->set("hosts", hosts->at, {hosts->at, both});
  }
}

}  // namespace

InventoryDocument merge_documents(const std::vector<InventoryText>& texts) {
  const KeyTable<InventoryDocument> keys = document_keys();
  InventoryDocument merged;
  for (const InventoryText& text : texts) {
    const ConfigTable parsed = parse_toml(text.text, text.file).value();
    InventoryDocument next = keys.read(parsed);
    if (!merged.at.file) merged.at = parsed.at;
    add_members(next.groups, merged.groups);
    merged.defaults.overlay(next.defaults);
    merged.groups.overlay(next.groups);
    merged.hosts.overlay(next.hosts);
    merged.central.overlay(next.central);
  }
  return merged;
}

}  // namespace sparekeep
