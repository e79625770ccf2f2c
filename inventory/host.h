// One system as people declare it, after defaults, groups and its own table were laid over one another.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/config/value.h"

namespace sparekeep {

enum class Connection { ssh, local };
enum class HostKeyCheck { strict, accept_new };
enum class HostRole { storage, backup };
enum class Supervise { systemd, process };

struct KeepFree {                           // what a daemon leaves free on its file system: a percentage or bytes
  std::optional<uint32_t> percent = 10;     // of the file system's capacity
  uint64_t bytes = 0;                       // where there is no percentage
  uint64_t of(uint64_t capacity_bytes) const;
};

struct StorageSettings {
  std::string path = "/srv/sparekeep";
  KeepFree keep_free;
  std::optional<uint64_t> quota_bytes;      // none: as much as keep_free leaves
  Duration lock = std::chrono::hours(24 * 30);
  std::string address;                      // where agents reach the daemon; the host's address unless set
  uint16_t port = 7421;                     // for local hosts where the search for a free port starts, unless port_given
  bool port_given = false;
};

struct GivenKeys {                          // which of these the inventory said: what it did not say ~/.ssh/config may
  bool address = false, user = false, port = false;
};

struct Host {
  std::string name;
  std::string address;                      // the name itself unless set; 127.0.0.1 for a local host
  Connection connection = Connection::ssh;
  std::string root;                         // local hosts only: absolute; the folder that plays "/"
  std::string user = "root";
  uint16_t port = 22;
  GivenKeys given;
  std::string identity;                     // absolute, or empty: the ssh agent
  HostKeyCheck host_keys = HostKeyCheck::strict;
  bool become = false;
  std::map<std::string, std::string> vars;  // without `host`, which is the name
  std::vector<HostRole> roles;                  // each once
  StorageSettings storage;
  std::string zone;                         // failure domain; the host's own name unless set
  std::vector<std::string> allow_restore_to = {"/var/lib/sparekeep/restore"};
  std::optional<Supervise> supervise;       // who keeps its programs running; none: systemd where the host has it
  Position at;                              // of its own table, or where a group names it
  Position root_at;

  bool has_role(HostRole role) const;
  bool is_local() const { return connection == Connection::local; }
};

}  // namespace sparekeep
