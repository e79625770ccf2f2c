#include "test/unit/installer/jobs/fixture.h"

#include "lib/wire/json.h"

namespace sparekeep::central {

Fixture::Fixture() : catalogue(folder / "catalogue.db") {
  for (const std::string name : {"store1", "store2", "store3", "store4", "web1", "web2"}) {
    HostEntry host;
    host.id = random.id<HostId>();
    host.name = name;
    catalogue.put_host(host);
  }
}

std::vector<DeclaredJob> Fixture::declared(const std::string& playbook_text) const {
  const Inventory inventory = parse_inventory({{"inventory.toml", std::string(kInventory)}}, {.home = "/root"});
  const Playbook playbook = parse_playbook(playbook_text, "playbook.toml");
  return declared_jobs(playbook, bind_playbook(playbook, inventory));
}

Registration Fixture::plan(const std::string& playbook_text, bool retire) {
  const Playbook playbook = parse_playbook(playbook_text, "playbook.toml");
  return plan_registration(catalogue, {.playbook = playbook.name, .jobs = declared(playbook_text), .retire = retire, .now = {1000}}, random);
}

Registration Fixture::apply(const std::string& playbook_text, bool retire) {
  Registration registration = plan(playbook_text, retire);
  for (const JobEntry& job : registration.put) catalogue.put_job(job);
  return registration;
}

HostId Fixture::add_host(const std::string& name, bool declared) {
  HostEntry host;
  host.id = random.id<HostId>(), host.name = name, host.declared = declared;
  catalogue.put_host(host);
  return host.id;
}

SnapshotEntry Fixture::add_snapshot(const std::string& id, const std::string& job, const std::string& host, int64_t second) {
  return add_snapshot_of(id, job, catalogue.host_named(host).value(), second);
}

SnapshotEntry Fixture::add_snapshot_of(const std::string& id, const std::string& job, const HostEntry& of, int64_t second) {
  SnapshotEntry snapshot;
  snapshot.id = SnapshotId::parse(id + std::string(2 * SnapshotId::kSize - id.size(), '0')).value();
  snapshot.revision = 1;
  snapshot.vault = VaultId::from(of.id.bytes());
  snapshot.host = of.id;
  snapshot.began = snapshot.ended = snapshot.received = {second * 1'000'000'000};
  snapshot.sequence = static_cast<uint64_t>(second);
  snapshot.metadata.job = job, snapshot.metadata.host = of.name;
  snapshot.metadata.left_out.exclude = {"*.tmp"};
  snapshot.metadata_json = to_json(snapshot.metadata);
  catalogue.put_snapshot(snapshot, as_bytes("a record"));
  return snapshot;
}

std::string error_text(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.text();
  }
  return "";
}

}  // namespace sparekeep::central
