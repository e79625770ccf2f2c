// Which hosts are in which groups: ranges expanded, groups in groups resolved.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/config/value.h"

namespace sparekeep {

constexpr size_t kHostsMax = 10'000;

struct Group {
  std::string name;
  Position at;
  ConfigTable settings;                // without `hosts`
  std::vector<std::string> hosts;      // direct members
  std::vector<std::string> groups;     // groups that are members
  std::map<std::string, Position> members_at;  // where each direct host and group is named
};

struct Membership {
  const Group* group;
  size_t distance;                     // 1: named in the group itself
};

class Groups {
 public:
  // Throws usage: a wrong name, a wrong range, a member twice, a circle of groups.
  explicit Groups(const ConfigTable& declared);

  const std::vector<Group>& all() const { return groups_; }
  bool has(std::string_view name) const { return by_name_.find(std::string(name)) != by_name_.end(); }
  std::vector<Membership> of_host(const std::string& host) const;  // farthest first; of one distance in the order of the file
  std::vector<std::string> hosts_of(const std::string& group) const;  // with those of member groups, each once
  // How many hosts that gives, counted once for each way that leads to them: known at once, also where hosts_of would take long.
  size_t size_of(const Group& group) const { return sizes_[by_name_.at(group.name)]; }

 private:
  void read_group(const ConfigEntry& entry);
  void read_member(Group& group, const ConfigValue& item, const ConfigTable& declared);
  static bool note_member(Group& group, const std::string& name, const Position& at);
  void measure();
  void refuse_circles() const;

  std::vector<Group> groups_;
  std::vector<size_t> sizes_;
  std::map<std::string, size_t> by_name_;
  std::map<std::string, std::vector<size_t>> parents_;  // of a host or group: groups that name it; built once
};

}  // namespace sparekeep
