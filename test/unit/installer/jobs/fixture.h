// A catalogue with a few hosts, and snapshots and playbooks to put beside it.
#pragma once

#include <functional>

#include "installer/central/sqlite_catalogue.h"
#include "installer/jobs/registry.h"
#include "lib/base/random.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::central {

constexpr std::string_view kInventory = R"([groups.storage]
hosts = ["store[1:4]"]
roles = ["storage"]

[groups.web]
hosts = ["web[1:2]"]
roles = ["backup"]
vars = { app = "shop" }

[defaults]
connection = "local"

[hosts.store1]
root = "/tmp/h/store1"
[hosts.store2]
root = "/tmp/h/store2"
[hosts.store3]
root = "/tmp/h/store3"
[hosts.store4]
root = "/tmp/h/store4"
[hosts.web1]
root = "/tmp/h/web1"
[hosts.web2]
root = "/tmp/h/web2"
)";

class Fixture {
 public:
  Fixture();

  std::vector<DeclaredJob> declared(const std::string& playbook_text) const;
  Registration plan(const std::string& playbook_text, bool retire = true);
  Registration apply(const std::string& playbook_text, bool retire = true);      // plan, and put
  SnapshotEntry add_snapshot(const std::string& id, const std::string& job, const std::string& host, int64_t second);
  SnapshotEntry add_snapshot_of(const std::string& id, const std::string& job, const HostEntry& of, int64_t second);   // its name: as it calls itself
  HostId add_host(const std::string& name, bool declared);
  HostId id_of(const std::string& host) { return catalogue.host_named(host)->id; }

  TemporaryFolder folder;
  SqliteCatalogue catalogue;
  SeededRandom random{7};
};

std::string error_text(const std::function<void()>& call);   // of the Error that it throws; empty: none

}  // namespace sparekeep::central
