#include "agent/orders/deliver.h"

#include "agent/backup/commit.h"
#include "agent/backup/local_vault.h"
#include "agent/orders/backup_order.h"
#include "lib/base/log.h"
#include "lib/crypt/digest.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kResultSizeMax = 16 << 20;
constexpr std::string_view kResultSuffix = ".result";

// The record of a bundle, verified: what is sent is what this host signed.
Result<SnapshotRecord> record_of(const Bundle& bundle) {
  const Result<VaultDescriptor> descriptor = read_descriptor(bundle.descriptor);
  if (!descriptor) return descriptor.error();
  return SnapshotRecord::read(bundle.record, descriptor->signer);
}

void complete(AgentHost& host, Outbox& outbox, const Outbox::Item& item) {
  const Result<Bundle> bundle = outbox.load(item);
  const Result<SnapshotRecord> record = bundle ? record_of(*bundle) : bundle.error();
  const Result<LocalVault> vault = LocalVault::open(host.paths.agent_state());
  const std::shared_ptr<const MasterCopy> master = host.master->newest();
  const Result<SnapshotHead> head = vault ? vault->head() : vault.error();
  if (vault && !head) return log_warning("an unfinished snapshot waits: " + head.error().text());
  if (!record || !vault) {
    log_warning("an unfinished snapshot is given up: " + (record ? vault.error() : record.error()).text());
    return outbox.remove(item);
  }
  if (!master) return;
  std::map<HostId, std::shared_ptr<ShardStore>> stores = host.stores(master->file);
  stores.erase(host.self);
  Targets targets(std::move(stores), [](const PackId&, uint64_t) { return std::vector<HostId>(); });
  SnapshotCommit commit(targets, host.clock, vault->signer().public_key());
  const CommitResult result = commit.offer(*bundle, item.name, 0);
  if (!result.in_force) {
    log_info("snapshot " + item.name + " could not be completed after a stop; the next run makes a new one");
    return outbox.remove(item);
  }
  if (record->public_section().sequence > head->sequence)
    LocalVault(std::move(*LocalVault::open(host.paths.agent_state()))).set_head({record->public_section().sequence, record->digest()}).value();
  outbox.committed(item.name).value();
  log_info("snapshot " + item.name + " was completed after a stop");
}

Result<void> send(const Bundle& bundle, CentralClient& central) {
  const Result<SnapshotRecord> record = record_of(bundle);
  if (!record) return record.error();
  const PublicSection& facts = record->public_section();
  Result<void> sent = central.put_object(descriptor_path(bundle.vault, bundle.epoch), bundle.descriptor);
  if (sent) sent = central.put_object(key_record_path(bundle.vault, sha256(bundle.key_record)), bundle.key_record);
  for (const Bytes& block : bundle.blocks)
    if (sent) sent = central.put_object(block_path(bundle.vault, pack_list_digest(block)), block);
  if (sent) sent = central.put_object(record_path(bundle.vault, facts.snapshot, facts.revision), bundle.record);
  return sent;
}

}  // namespace

void complete_commits(AgentHost& host) {
  Outbox outbox(outbox_folder(host));
  for (const Outbox::Item& item : outbox.items())
    if (item.stage == OutboxStage::commit) complete(host, outbox, item);
}

Result<void> send_snapshots(AgentHost& host, CentralClient& central) {
  Outbox outbox(outbox_folder(host));
  for (const Outbox::Item& item : outbox.items()) {
    if (item.stage != OutboxStage::send) continue;
    const Result<Bundle> bundle = outbox.load(item);
    const Result<void> sent = bundle ? send(*bundle, central) : bundle.error();
    if (!sent) return sent;
    outbox.remove(item);
  }
  return {};
}

Result<void> keep_result(const AgentHost& host, const RunResult& result) {
  if (const Result<void> made = make_folders(outbox_folder(host), 0700); !made) return made;
  const std::string text = to_json(result);
  return write_durably(outbox_folder(host) / (result.run.hex() + std::string(kResultSuffix)), as_bytes(text), {.mode = 0600});
}

Result<void> send_results(const AgentHost& host, CentralClient& central) {
  const Result<std::vector<std::string>> names = list_folder(outbox_folder(host));
  if (!names) return {};
  for (const std::string& name : *names) {
    if (!name.ends_with(kResultSuffix)) continue;
    const Path file = outbox_folder(host) / name;
    const Result<std::string> text = read_text(file, kResultSizeMax);
    const Result<RunResult> result = text ? from_json<RunResult>(*text) : text.error();
    const Result<void> sent = result ? central.result(*result) : Result<void>();
    const bool refused = !sent && sent.error().kind() != ErrorKind::unreachable && sent.error().kind() != ErrorKind::timeout;
    if (!sent && !refused) return sent;
    if (refused) log_warning("the central does not take the result of a run: " + sent.error().text());
    ::unlink(file.c_str());
  }
  return {};
}

}  // namespace sparekeep::agent
