#include "inventory/inventory.h"

#include <algorithm>
#include <set>

#include "inventory/documents.h"
#include "inventory/groups.h"
#include "inventory/host_checks.h"
#include "inventory/host_keys.h"
#include "inventory/layers.h"
#include "inventory/names.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/config/interpolate.h"
#include "lib/config/limits.h"

namespace sparekeep {

namespace {

constexpr std::string_view kStandardInput = "-";
constexpr size_t kSettingsMax = 1'000'000;        // of all hosts together

std::string expand_home(const std::string& path, const InventoryOptions& options, const Position& at) {
  if (!path.starts_with("~/")) return path;
  if (options.home.empty())
    throw refusal(at, "'~' in " + in_quotes(path) + " stands for nothing, HOME is not set", "an absolute path is expected");
  return options.home + path.substr(1);
}

class InventoryReader {
 public:
  InventoryReader(const InventoryDocument& document, const InventoryOptions& options)
      : document_(document), options_(options), keys_(host_keys()), groups_(document.groups) {}

  Inventory read() {
    check_layers();
    check_amount();
    for (const Group& group : groups_.all())
      for (const std::string& host : group.hosts) add_host(host, group.members_at.at(host));
    for (const ConfigEntry& entry : document_.hosts.entries()) add_host(entry.key, entry.key_at);
    for (const Group& group : groups_.all()) inventory_.groups[group.name] = groups_.hosts_of(group.name);
    for (const Host& host : inventory_.hosts) inventory_.groups[std::string(kAllHosts)].push_back(host.name);
    inventory_.central = central_keys().read(document_.central);
    inventory_.central.port_given = document_.central.find("port") != nullptr;
    if (inventory_.hosts.empty()) throw refusal(document_.at, "an inventory without hosts", "[hosts.NAME], or a group with 'hosts', is expected");
    check_hosts(inventory_.hosts);
    return std::move(inventory_);
  }

 private:
  static Error refusal_of_all(const Position& at) {
    return refusal(at, "host 'all' has a name that cannot be used: it means every host", "the name of one host is expected");
  }

  // Each layer by itself, so that a fault is found even where no host or a nearer layer hides it.
  void check_layers() {
    keys_.read(document_.defaults);
    for (const Group& group : groups_.all()) keys_.read(group.settings);
    for (const ConfigEntry& entry : document_.hosts.entries()) {
      const std::string what = "host " + in_quotes(entry.key);
      if (entry.key == kAllHosts) throw refusal_of_all(entry.key_at);
      if (!is_host_name(entry.key)) throw refusal(entry.key_at, what + " has a name that cannot be used", kNameExpected);
      if (groups_.has(entry.key)) throw refusal(entry.key_at, in_quotes(entry.key) + " is a host and a group", "two names are expected");
      if (!entry.value.table()) throw wrong_value(entry.value, what, "a table");
      keys_.read(*entry.value.table());
      own_[entry.key] = &entry;
    }
  }

  // Each host gets a copy of what defaults and its groups set: a small file could ask for more memory than there is.
  void check_amount() const {
    size_t hosts = document_.hosts.entries().size(), settings = 0;
    for (const ConfigEntry& entry : document_.hosts.entries()) settings += weight_of(*entry.value.table());
    for (const Group& group : groups_.all()) {
      hosts += group.hosts.size();
      settings += groups_.size_of(group) * (1 + weight_of(group.settings));
    }
    settings += hosts * (1 + weight_of(document_.defaults));
    if (settings > kSettingsMax)
      throw refusal(document_.at, "the hosts have too many settings together, those of defaults and groups counted for each host",
                    "expected at most " + std::to_string(kSettingsMax));
  }

  void add_host(const std::string& name, const Position& at) {
    if (!seen_.insert(name).second) return;
    if (name == kAllHosts) throw refusal_of_all(at);
    if (seen_.size() > kHostsMax) throw refusal(at, "there are too many hosts", "expected at most " + std::to_string(kHostsMax));
    const auto own = own_.find(name);
    const bool declared = own != own_.end();
    ConfigTable merged = lay_over({name, &document_.defaults, declared ? own->second->value.table() : nullptr}, groups_);
    inventory_.hosts.push_back(read_host(name, merged));
    inventory_.hosts.back().at = declared ? own->second->key_at : at;
  }

  Host read_host(const std::string& name, ConfigTable& merged) {
    Host host;
    host.name = name;
    const Host raw = keys_.read(merged);
    Variables variables{raw.vars, "host " + in_quotes(name), &text_left_};
    variables.values["host"] = name;
    interpolate_table(merged, variables);
    keys_.read_into(host, merged);
    host.vars = raw.vars;
    fill_in(host, merged);
    return host;
  }

  void fill_in(Host& host, const ConfigTable& merged) {
    host.given = {.address = merged.find("address") != nullptr, .user = merged.find("user") != nullptr, .port = merged.find("port") != nullptr};
    if (host.address.empty()) host.address = host.is_local() ? "127.0.0.1" : host.name;
    if (host.storage.address.empty()) host.storage.address = host.address;
    if (host.zone.empty()) host.zone = host.name;
    const ConfigValue* storage = merged.find("storage");
    host.storage.port_given = storage && storage->table()->find("port");
    if (const ConfigValue* identity = merged.find("identity")) host.identity = expand_home(host.identity, options_, identity->at);
    if (const ConfigValue* root = merged.find("root")) host.root_at = root->at, host.root = expand_home(host.root, options_, root->at);
    std::vector<HostRole> roles;
    for (const HostRole role : host.roles)
      if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.push_back(role);
    host.roles = std::move(roles);
  }

  const InventoryDocument& document_;
  const InventoryOptions& options_;
  KeyTable<Host> keys_;
  Groups groups_;
  std::map<std::string, const ConfigEntry*> own_;
  std::set<std::string> seen_;
  size_t text_left_ = kInterpolatedBytesMax;
  Inventory inventory_;
};

}  // namespace

const Host* Inventory::find(std::string_view name) const {
  const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const Host& host) { return host.name == name; });
  return found == hosts.end() ? nullptr : &*found;
}

bool Inventory::all_local() const {
  return std::all_of(hosts.begin(), hosts.end(), [](const Host& host) { return host.is_local(); });
}

Inventory parse_inventory(const std::vector<InventoryText>& texts, const InventoryOptions& options) {
  const InventoryDocument document = merge_documents(texts);
  return InventoryReader(document, options).read();
}

std::vector<InventoryText> read_inventory_texts(const std::vector<std::filesystem::path>& files) {
  if (std::count(files.begin(), files.end(), kStandardInput) > 1)
    throw Error(ErrorKind::usage, "the inventory is to be read from standard input twice; '-' is expected once");
  std::vector<InventoryText> texts;
  for (const std::filesystem::path& file : files) {
    const bool is_input = file == kStandardInput;
    Result<std::string> text = read_text(is_input ? Path("/dev/stdin") : file, kConfigBytesMax);
    if (!text) throw Error(ErrorKind::usage, text.error().text()).during("reading the inventory");
    texts.push_back({is_input ? "standard input" : file.string(), std::move(*text)});
  }
  return texts;
}

Inventory read_inventory(const std::vector<std::filesystem::path>& files, const InventoryOptions& options) {
  return parse_inventory(read_inventory_texts(files), options);
}

}  // namespace sparekeep
