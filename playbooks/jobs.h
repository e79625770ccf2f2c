// What is to be done, as declared: backup jobs and restore jobs. Read from a playbook they may hold ${...}; bound to a host
// (playbooks/bind.h) they hold none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/value.h"
#include "lib/vault/layout.h"
#include "lib/wire/order.h"
#include "playbooks/schedule.h"

namespace sparekeep {

struct Retain {                              // how many snapshots of each kind stay; all zero: every one
  uint32_t last = 0, hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
  bool operator==(const Retain&) const = default;
};

struct BackupJob {
  std::string name;
  std::vector<std::string> tags;
  std::vector<std::string> hosts;            // items as written: hosts, groups, globs
  std::vector<std::string> paths;            // absolute; none only where there are commands
  std::vector<std::string> exclude;          // lib/base/path_glob.h
  std::vector<std::string> exclude_files;    // on the host, absolute: patterns that lie over those
  std::vector<std::string> exclude_if_present;   // names
  bool exclude_caches = false;
  std::optional<uint64_t> exclude_larger_than;   // bytes; at least 1
  bool one_file_system = false;
  std::optional<Layout> redundancy;          // none: the default of the host's inventory
  std::optional<Schedule> schedule;          // none: at every apply
  std::string compression = "auto";          // "auto", "off", "zstd:N"
  Privileges privileges;                     // beyond root of the source host and operators
  Retain retain;
  std::vector<Hook> before, after;           // as root unless user is given
  std::vector<CommandSource> commands;       // each of another name
  Position at;
};

enum class Overwrite { changed, always, never };

struct RestoreFrom {
  std::string job;
  std::string host;                          // empty: each host its own
  std::string snapshot = "latest";
};

struct RestoreJob {
  std::string name;
  std::vector<std::string> tags;
  std::vector<std::string> hosts;            // where to; items as written
  RestoreFrom from;
  std::vector<std::string> include, exclude;
  std::string target;                        // absolute
  Overwrite overwrite = Overwrite::changed;
  bool remove = false;                       // key `delete`: what the snapshot does not have goes
  bool numeric_owner = false;
  bool verify = true;                        // read back what was written, and compare
  std::optional<Schedule> schedule;
  std::vector<Hook> before, after;
  Position at;
};

}  // namespace sparekeep
