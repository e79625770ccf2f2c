// What the central keeps of a declared job, so that `run` can make orders without the playbook (JobEntry::definition).
#pragma once

#include <string>
#include <vector>

#include "lib/wire/order.h"

namespace sparekeep {

struct HostDefinition {
  Order order;                       // without run, job, host's id and times; of a restore without vault, snapshot and key
  std::string from_job, from_host;   // of a restore: names
  std::string from_snapshot;         // "latest", or an id
};

struct JobDefinition {
  std::vector<std::string> tags;
  std::vector<HostDefinition> hosts; // variables differ from host to host, so an order each
};

}  // namespace sparekeep
