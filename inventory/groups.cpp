#include "inventory/groups.h"

#include <algorithm>
#include <set>

#include "inventory/names.h"
#include "inventory/selection.h"
#include "lib/base/text.h"
#include "lib/config/value_type.h"

namespace sparekeep {

namespace {

constexpr size_t kSizeMax = 1'000'000'000;      // nested groups could count to more than there are numbers

const ConfigTable& table_of_group(const ConfigEntry& entry) {
  if (!entry.value.table()) throw wrong_value(entry.value, "group " + in_quotes(entry.key), "a table");
  return *entry.value.table();
}

}  // namespace

Groups::Groups(const ConfigTable& declared) {
  for (const ConfigEntry& entry : declared.entries()) {
    by_name_[entry.key] = groups_.size();
    read_group(entry);
  }
  for (const ConfigEntry& entry : declared.entries()) {
    Group& group = groups_[by_name_.at(entry.key)];
    const ConfigValue* hosts = entry.value.table()->find("hosts");
    if (!hosts) continue;
    if (!hosts->array()) throw wrong_value(*hosts, "'hosts'", "a list of host names, ranges and groups");
    for (const ConfigValue& item : *hosts->array()) read_member(group, item, declared);
  }
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (const std::string& host : groups_[i].hosts) parents_[host].push_back(i);
    for (const std::string& group : groups_[i].groups) parents_[group].push_back(i);
  }
  measure();
}

void Groups::read_group(const ConfigEntry& entry) {
  const std::string what = "group " + in_quotes(entry.key);
  if (!is_host_name(entry.key)) throw refusal(entry.key_at, what + " has a name that cannot be used", kNameExpected);
  if (entry.key == kAllHosts) throw refusal(entry.key_at, what + " is there already", "it means every host; another name is expected");
  Group group{entry.key, entry.key_at, {}, {}, {}, {}};
  group.settings.at = entry.key_at;
  for (const ConfigEntry& setting : table_of_group(entry).entries())
    if (setting.key != "hosts") group.settings.set(setting.key, setting.key_at, setting.value);
  groups_.push_back(std::move(group));
}

void Groups::read_member(Group& group, const ConfigValue& item, const ConfigTable& declared) {
  if (!item.text()) throw wrong_value(item, "an item of 'hosts'", "a host name, a range or a group");
  if (declared.find(*item.text())) {
    note_member(group, *item.text(), item.at);
    return group.groups.push_back(*item.text());
  }
  const Result<std::vector<std::string>> names = expand_range(*item.text());
  if (!names) throw names.error().during(item.at.text());
  for (const std::string& name : *names) {
    if (!is_host_name(name)) throw refusal(item.at, "host " + in_quotes(name) + " has a name that cannot be used", kNameExpected);
    if (note_member(group, name, item.at)) group.hosts.push_back(name);
    if (group.hosts.size() > kHostsMax) throw refusal(item.at, "there are too many hosts", "expected at most " + std::to_string(kHostsMax));
  }
}

// False: another file has named it. Twice in one is a slip of whoever wrote it.
bool Groups::note_member(Group& group, const std::string& name, const Position& at) {
  const auto [other, is_first] = group.members_at.emplace(name, at);
  if (!is_first && other->second.file == at.file)
    throw refusal(at, in_quotes(name) + " is in group " + in_quotes(group.name) + " already, at " + other->second.text(), "each member once is expected");
  return is_first;
}

// From the inside out; what stays unmeasured lies in a circle, or holds one.
void Groups::measure() {
  sizes_.assign(groups_.size(), 0);
  std::vector<size_t> unmeasured, ready;
  for (size_t i = 0; i < groups_.size(); ++i) {
    unmeasured.push_back(groups_[i].groups.size());
    if (groups_[i].groups.empty()) ready.push_back(i);
  }
  size_t measured = 0;
  for (; measured < ready.size(); ++measured) {
    const size_t inner = ready[measured];
    sizes_[inner] += groups_[inner].hosts.size();
    const auto parents = parents_.find(groups_[inner].name);
    if (parents == parents_.end()) continue;
    for (const size_t outer : parents->second) {
      sizes_[outer] = std::min(sizes_[outer] + sizes_[inner], kSizeMax);
      if (--unmeasured[outer] == 0) ready.push_back(outer);
    }
  }
  if (measured < groups_.size()) refuse_circles();
}

void Groups::refuse_circles() const {
  for (const Group& group : groups_) {
    std::set<std::string> outer{group.name};
    for (const Membership& each : of_host(group.name)) outer.insert(each.group->name);
    for (const std::string& member : group.groups) {
      if (!outer.contains(member)) continue;
      const std::string what = "group " + in_quotes(group.name) + " is a member of itself";
      if (member == group.name) throw refusal(group.members_at.at(member), what, "other members are expected, and a host of this name needs another one");
      throw refusal(group.members_at.at(member), what + ", by way of " + in_quotes(member), "groups without a circle are expected");
    }
  }
}

std::vector<Membership> Groups::of_host(const std::string& host) const {
  std::vector<Membership> found;
  std::set<size_t> seen;
  std::vector<std::string> level{host};
  for (size_t distance = 1; !level.empty(); ++distance) {
    std::set<size_t> next;
    for (const std::string& name : level) {
      const auto parents = parents_.find(name);
      if (parents != parents_.end()) next.insert(parents->second.begin(), parents->second.end());
    }
    level.clear();
    for (const size_t index : next) {
      if (!seen.insert(index).second) continue;
      found.push_back({&groups_[index], distance});
      level.push_back(groups_[index].name);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Membership& a, const Membership& b) { return a.distance > b.distance; });
  return found;
}

std::vector<std::string> Groups::hosts_of(const std::string& group) const {
  std::vector<std::string> hosts;
  std::set<std::string> seen_hosts, seen_groups{group};
  std::vector<std::string> waiting{group};
  while (!waiting.empty()) {
    const Group& next = groups_[by_name_.at(waiting.back())];
    waiting.pop_back();
    for (const std::string& host : next.hosts)
      if (seen_hosts.insert(host).second) hosts.push_back(host);
    for (const std::string& inner : next.groups)
      if (seen_groups.insert(inner).second) waiting.push_back(inner);
  }
  return hosts;
}

}  // namespace sparekeep
