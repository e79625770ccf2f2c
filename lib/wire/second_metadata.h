// Second metadata of a snapshot: docs/format.md, "Second metadata". Sealed inside the record; read by the central.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/wire/order.h"

namespace sparekeep {

struct Amount {
  uint64_t files = 0, bytes = 0;
};

struct SystemAmount {
  HostId id;
  std::string name;
  uint64_t bytes = 0;                // of shards that this snapshot needs there
};

struct OwnerAmount {
  std::string user, group;
  uint64_t files = 0, bytes = 0;
};

struct RedundancyView {
  int data = 0, parity = 0;
};

struct SecondMetadata {
  int format = 1;
  std::string job, playbook, host;   // names
  Time time;                         // when the backup began, by the host's clock
  uint64_t files = 0, bytes = 0;     // entries and the sizes of regular files
  uint64_t new_bytes = 0;            // stored by this run, before redundancy
  uint64_t unreadable = 0;
  std::vector<std::string> paths;
  RedundancyView redundancy;
  std::vector<SystemAmount> systems;
  std::map<std::string, Amount> types;       // regular, directory, symlink, ...
  std::map<std::string, Amount> extensions;  // ".txt", "" for none; at most kExtensionsMax, the rest under "*"
  std::vector<OwnerAmount> owners;
  Privileges privileges;
  LeftOut left_out;                  // of older releases: nothing, whatever it was
};

constexpr size_t kExtensionsMax = 100;

}  // namespace sparekeep
