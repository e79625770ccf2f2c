#include "installer/keeping/stored_objects.h"

#include <algorithm>
#include <mutex>

#include "installer/jobs/readers.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::central {

namespace {

constexpr Duration kRequestLimit = std::chrono::seconds(60);
constexpr size_t kObjectsAtOnce = 8;

Error not_found() { return Error(ErrorKind::not_found, "it is not there"); }
Error foreign() { return Error(ErrorKind::corrupt, "it is not the one that its name says"); }

std::string noun_of(StoredKind kind) {
  switch (kind) {
    case StoredKind::descriptor: return "descriptor";
    case StoredKind::key_record: return "key record";
    case StoredKind::pack_list_block: return "pack list block";
    case StoredKind::record: return "record";
  }
  return "";
}

class ObjectChecker {
 public:
  ObjectChecker(Catalogue& catalogue, Systems& systems, const Clock& clock, size_t findings_max)
      : catalogue_(catalogue), systems_(systems), clock_(clock), findings_max_(findings_max) {}

  ObjectCheck run(const std::vector<NeededObject>& needed) {
    struct Task {
      size_t object;
      HostId place;
      bool good = false;
    };
    std::vector<Task> tasks;
    for (size_t i = 0; i < needed.size(); ++i)
      for (const HostId& place : needed[i].places) tasks.push_back({i, place});
    parallel_for(tasks.size(), kObjectsAtOnce, [&](size_t i) {
      ShardStore* store = systems_.usable(tasks[i].place);
      tasks[i].good = store && is_good(needed[tasks[i].object], *store);
    });
    std::vector<ObjectRisk> found(needed.size());
    for (size_t i = 0; i < needed.size(); ++i) found[i].object = needed[i];
    for (const Task& task : tasks) {
      if (task.good) ++found[task.object].good;
      else found[task.object].systems.push_back(systems_.name_of(task.place));
    }
    parallel_for(found.size(), kObjectsAtOnce, [&](size_t i) { look_elsewhere(found[i]); });
    for (ObjectRisk& risk : found)
      if (risk.good < risk.object.copies) check_.risks.push_back(std::move(risk));
    return std::move(check_);
  }

 private:
  Deadline deadline() const { return Deadline(clock_, kRequestLimit); }

  // It may have been put, or moved, to others.
  void look_elsewhere(ObjectRisk& risk) {
    const NeededObject& object = risk.object;
    for (ShardStore* store : systems_.usable()) {
      if (risk.good >= object.copies) return;
      if (!object.places.contains(store->host()) && is_good(object, *store)) ++risk.good;
    }
    risk.in_catalogue = is_in_catalogue(object);
  }

  bool is_good(const NeededObject& object, ShardStore& store) {
    const Result<void> verified = object.name.empty() ? verify_any(object, store) : verify(object, object.name, store);
    if (verified) return true;
    const Error& error = verified.error();
    if (is_of_system(error.kind())) systems_.note(store.host(), error);
    else if (error.kind() != ErrorKind::not_found) find(object.text() + " on " + in_quotes(store.name()) + ": " + error.text());
    return false;
  }

  Result<void> verify_any(const NeededObject& object, ShardStore& store) const {
    const Result<std::vector<ObjectEntry>> entries = store.list_objects(object.vault, object.kind, deadline());
    if (!entries) return entries.error();
    Result<void> verified = not_found();
    for (const ObjectEntry& entry : *entries) {
      verified = verify(object, entry.name, store);
      if (verified || is_of_system(verified.error().kind())) return verified;
    }
    return verified;
  }

  Result<void> verify(const NeededObject& object, const std::string& name, ShardStore& store) const {
    Result<Bytes> bytes = store.get_object(object.vault, object.kind, name, deadline());
    if (!bytes) return bytes.error();
    switch (object.kind) {
      case StoredKind::descriptor: return verify_descriptor(object, name, *bytes);
      case StoredKind::key_record: return verify_key_record(object, name, *bytes);
      case StoredKind::pack_list_block: return pack_list_digest(*bytes).hex() == name ? Result<void>() : foreign();
      case StoredKind::record: return verify_record(object, name, std::move(*bytes));
    }
    return foreign();
  }

  static Result<void> verify_descriptor(const NeededObject& object, const std::string& name, ByteSpan bytes) {
    const Result<VaultDescriptor> read = read_descriptor(bytes);
    if (!read) return read.error();
    return read->vault == object.vault && std::to_string(read->epoch) == name ? Result<void>() : foreign();
  }

  Result<void> verify_key_record(const NeededObject& object, const std::string& name, ByteSpan bytes) const {
    const Result<KeyRecord> read = KeyRecord::read(bytes, signer_of(catalogue_, object.vault));
    if (!read) return read.error();
    return read->vault() == object.vault && sha256(bytes).hex() == name ? Result<void>() : foreign();
  }

  Result<void> verify_record(const NeededObject& object, const std::string& name, Bytes bytes) const {
    const Result<SnapshotRecord> read = SnapshotRecord::read(std::move(bytes), signer_of(catalogue_, object.vault));
    if (!read) return read.error();
    const PublicSection& facts = read->public_section();
    return facts.vault == object.vault && record_name(facts.snapshot, facts.revision) == name ? Result<void>() : foreign();
  }

  bool is_in_catalogue(const NeededObject& object) const {
    switch (object.kind) {
      case StoredKind::descriptor: return catalogue_.vault(object.vault).has_value();
      case StoredKind::key_record: return !catalogue_.objects(object.vault, ObjectTable::key_records).empty();
      case StoredKind::pack_list_block: return catalogue_.object(object.vault, ObjectTable::blocks, Digest::parse(object.name).value()).has_value();
      case StoredKind::record: return true;            // it was read there
    }
    return false;
  }

  void find(std::string text) {
    const std::lock_guard lock(mutex_);
    if (check_.findings.size() < findings_max_) check_.findings.push_back(std::move(text));
  }

  Catalogue& catalogue_;
  Systems& systems_;
  const Clock& clock_;
  const size_t findings_max_;
  std::mutex mutex_;
  ObjectCheck check_;
};

}  // namespace

std::string NeededObject::text() const {
  const std::string of_vault = " of vault " + in_quotes(vault.hex());
  return noun_of(kind) + (name.empty() ? "" : " " + name) + of_vault;
}

ObjectCheck check_objects(Catalogue& catalogue, Systems& systems, const Clock& clock, const std::vector<NeededObject>& needed, size_t findings_max) {
  return ObjectChecker(catalogue, systems, clock, findings_max).run(needed);
}

}  // namespace sparekeep::central
