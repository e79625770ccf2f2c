#include "installer/jobs/snapshot_view.h"

#include <array>
#include <ctime>

namespace sparekeep::central {

namespace {

JsonObject summary(const SnapshotEntry& snapshot, const std::string& host) {
  const SecondMetadata& metadata = snapshot.metadata;
  JsonObject json;
  json.set("id", snapshot.id.hex()).set("job", metadata.job).set("host", host).set("host_id", snapshot.host.hex()).set("time", to_rfc3339(snapshot.began));
  json.set("files", metadata.files).set("bytes", metadata.bytes).set("new_bytes", metadata.new_bytes).set("state", snapshot.state());
  json.set("playbook", metadata.playbook).set("revision", snapshot.revision).set("unreadable", metadata.unreadable);
  return json;
}

JsonText systems_json(const SecondMetadata& metadata) {
  JsonArray systems;
  for (const SystemAmount& system : metadata.systems)
    systems.add(JsonObject().set("name", system.name).set("bytes", system.bytes).set("id", system.id.hex()));
  return systems;
}

JsonText amounts_json(const std::map<std::string, Amount>& amounts) {
  JsonObject json;
  for (const auto& [name, amount] : amounts) json.set(name, JsonObject().set("files", amount.files).set("bytes", amount.bytes));
  return json;
}

JsonText owners_json(const SecondMetadata& metadata) {
  JsonArray owners;
  for (const OwnerAmount& owner : metadata.owners)
    owners.add(JsonObject().set("user", owner.user).set("group", owner.group).set("files", owner.files).set("bytes", owner.bytes));
  return owners;
}

}  // namespace

JsonText snapshot_json(const SnapshotEntry& snapshot, const std::string& host) { return summary(snapshot, host); }

std::string local_time(Time time) {
  if (time == Time{}) return "never";
  const std::time_t seconds = time.nanoseconds / 1'000'000'000;
  std::tm fields{};
  std::array<char, 32> text{};
  if (!localtime_r(&seconds, &fields)) return to_rfc3339(time);
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &fields);
  return {text.data(), length};
}

JsonText snapshot_detail_json(const SnapshotEntry& snapshot, const std::string& host) {
  const SecondMetadata& metadata = snapshot.metadata;
  JsonObject json = summary(snapshot, host);
  json.set("ended", to_rfc3339(snapshot.ended)).set("vault", snapshot.vault.hex()).set("paths", metadata.paths);
  json.set("redundancy", JsonObject().set("data", metadata.redundancy.data).set("parity", metadata.redundancy.parity));
  json.set("systems", systems_json(metadata)).set("types", amounts_json(metadata.types)).set("extensions", amounts_json(metadata.extensions));
  json.set("owners", owners_json(metadata));
  json.set("privileges", JsonObject().set("restore", metadata.privileges.restore).set("run", metadata.privileges.run));
  return json;
}

}  // namespace sparekeep::central
