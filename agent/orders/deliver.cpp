#include "agent/orders/deliver.h"

#include "agent/backup/commit.h"
#include "agent/backup/local_vault.h"
#include "agent/backup/revision.h"
#include "agent/orders/backup_order.h"
#include "agent/orders/made_snapshot.h"
#include "agent/privileged/answers.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/crypt/digest.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kResultSizeMax = 16 << 20;
constexpr std::string_view kResultSuffix = ".result";
constexpr size_t kUnfinishedMax = 8;                  // snapshots that systems may still take; the oldest are given up
constexpr size_t kRefusedMax = 32;                    // snapshots kept although the central does not take them

// Asking again does not help: the same bytes would be refused again.
bool is_final(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::denied:
    case ErrorKind::exists:
    case ErrorKind::corrupt:
    case ErrorKind::unsupported:
    case ErrorKind::usage:
    case ErrorKind::not_found: return true;
    case ErrorKind::failed:
    case ErrorKind::no_state:
    case ErrorKind::busy:
    case ErrorKind::host_failed:
    case ErrorKind::unreachable:
    case ErrorKind::degraded:
    case ErrorKind::lost:
    case ErrorKind::partial:
    case ErrorKind::pending:
    case ErrorKind::no_space:
    case ErrorKind::timeout:
    case ErrorKind::closed:
    case ErrorKind::locked:
    case ErrorKind::interrupted:
    case ErrorKind::terminated: return false;
  }
  return false;
}

bool nobody_answers(const Error& error) {
  return error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::closed;
}

// The signer's own sequence goes on behind it, whether it comes into force or not: some system may hold it.
Result<void> take_head(LocalVault& vault, const SnapshotRecord& record) {
  const uint64_t sequence = record.public_section().sequence;
  const Result<SnapshotHead> head = vault.head();
  if (!head) return head.error();
  if (sequence <= head->sequence) return {};
  return vault.set_head({sequence, record.digest()});
}

struct Unfinished {
  Bundle bundle;
  SnapshotRecord record;
  LocalVault vault;
};

Result<Unfinished> load_unfinished(const AgentHost& host, const Outbox& outbox, const Outbox::Item& item) {
  Result<Bundle> bundle = outbox.load(item);
  if (!bundle) return bundle.error();
  Result<SnapshotRecord> record = record_of(*bundle);
  if (!record) return record.error();
  Result<LocalVault> vault = LocalVault::open(host.paths.agent_state());
  if (!vault) return vault.error();
  return Unfinished{std::move(*bundle), std::move(*record), std::move(*vault)};
}

// What the order declared; nothing where an older release left the snapshot.
unsigned declared_parity(const Bundle& bundle) {
  const Result<SecondMetadata> second = from_json<SecondMetadata>(bundle.second);
  return second && second->redundancy.parity > 0 ? static_cast<unsigned>(second->redundancy.parity) : 0;
}

// In force, with fewer systems than its record says: as run_backup() does it.
Result<void> complete_degraded(AgentHost& host, SnapshotCommit& commit, Outbox& outbox, const Unfinished& waiting, const Outbox::Item& item) {
  const Result<Bundle> revised = degraded_revision(waiting.bundle, waiting.vault, host.random);
  if (!revised) return revised.error();
  const Result<std::string> revision = replace_waiting(outbox, item, *revised);
  if (!revision) return revision.error();
  const Result<Bundle> kept = outbox.load({*revision, OutboxStage::commit});
  if (!kept) return kept.error();
  (void)commit.offer(*kept, *revision, declared_parity(*kept));
  log_warning("snapshot " + *revision + " is completed, degraded");
  return outbox.move({*revision, OutboxStage::commit}, OutboxStage::send);
}

// Failed: this host's own trouble, to be tried again.
Result<void> complete(AgentHost& host, Targets& targets, Outbox& outbox, const Outbox::Item& item) {
  Result<Unfinished> waiting = load_unfinished(host, outbox, item);
  if (!waiting) {
    const ErrorKind kind = waiting.error().kind();
    if (kind != ErrorKind::corrupt && kind != ErrorKind::unsupported && kind != ErrorKind::not_found) return waiting.error();
    log_warning("an unfinished snapshot is given up: " + waiting.error().text());
    return outbox.remove(item), Result<void>();
  }
  if (const Result<void> taken = take_head(waiting->vault, waiting->record); !taken) return taken;
  SnapshotCommit commit(targets, host.clock, waiting->vault.signer().public_key());
  const PublicSection& facts = waiting->record.public_section();
  const CommitResult result = commit.offer(waiting->bundle, item.name, declared_parity(waiting->bundle));
  if (result.in_force && result.degraded && !facts.state.degraded) return complete_degraded(host, commit, outbox, *waiting, item);
  if (result.in_force || facts.revision > 1) {            // the first revision is in force where another one was made
    log_info("snapshot " + item.name + " is completed");
    return outbox.move(item, OutboxStage::send);
  }
  if (!targets.failures().empty()) return {};           // it waits for those that did not answer
  log_warning("snapshot " + item.name + " cannot be completed any more; the next run makes a new one");
  return outbox.remove(item), Result<void>();
}

Result<void> send(const Bundle& bundle, const SnapshotRecord& record, CentralClient& central) {
  const PublicSection& facts = record.public_section();
  Result<void> sent = central.put_object(descriptor_path(bundle.vault, bundle.epoch), bundle.descriptor);
  if (sent) sent = central.put_object(key_record_path(bundle.vault, sha256(bundle.key_record)), bundle.key_record);
  for (const Bytes& block : bundle.blocks)
    if (sent) sent = central.put_object(block_path(bundle.vault, pack_list_digest(block)), block);
  if (sent) sent = central.put_object(record_path(bundle.vault, facts.snapshot, facts.revision), bundle.record);
  return sent;
}

// Of a run that has not ended it is what tells that the run makes no other one, until that is kept elsewhere.
void remove_sent(const AgentHost& host, Outbox& outbox, const Outbox::Item& item, const Bundle& bundle, const SnapshotRecord& record) {
  const Result<void> kept = keep_made(host, bundle, record);
  if (kept) outbox.remove(item);
  else log_warning("snapshot " + item.name + " is sent, and stays here until what its run has made can be written: " + kept.error().text());
}

void give_up_oldest(Outbox& outbox, OutboxStage stage, size_t kept) {
  const std::vector<Outbox::Item> items = outbox.items(stage);
  for (size_t i = 0; i + kept < items.size(); ++i) {
    log_warning("snapshot " + items[i].name + " waits no longer: " + std::to_string(kept) + " newer ones do");
    outbox.remove(items[i]);
  }
}

// What the central is short of now (room, a lock) it may have later.
void set_aside(Outbox& outbox, const Outbox::Item& item, const Error& error) {
  log_error("the central does not take snapshot " + item.name + ": " + error.text());
  if (!is_final(error)) return;
  if (const Result<void> moved = outbox.move(item, OutboxStage::refused); !moved) log_error(moved.error().text());
  give_up_oldest(outbox, OutboxStage::refused, kRefusedMax);
}

}  // namespace

Result<std::map<std::string, Error>> complete_commits(AgentHost& host) {
  std::map<std::string, Error> troubles;
  Outbox outbox(outbox_folder(host));
  if (outbox.items(OutboxStage::commit).empty()) return troubles;
  std::shared_ptr<const MasterCopy> master;
  if (const Result<void> known = caught([&] { master = host.newest_master(); }); !known) return known.error();
  const Result<FileLock> alone = lock_vault(host.paths.agent_state());
  if (!alone) return alone.error();                   // a backup is at its own commit
  const std::vector<Outbox::Item> items = outbox.items(OutboxStage::commit);
  std::map<HostId, std::shared_ptr<ShardStore>> stores = host.stores(master->file);
  stores.erase(host.self);
  Targets targets(std::move(stores), [](const PackId&, uint64_t) { return std::vector<HostId>(); });
  for (const Outbox::Item& item : items) {
    const Result<void> done = complete(host, targets, outbox, item);
    if (done) continue;
    log_warning("snapshot " + item.name + ": " + done.error().text());
    troubles.emplace(snapshot_of(item.name), done.error());
  }
  give_up_oldest(outbox, OutboxStage::commit, kUnfinishedMax);
  return troubles;
}

Result<void> send_snapshots(AgentHost& host, CentralClient& central) {
  Outbox outbox(outbox_folder(host));
  for (const Outbox::Item& item : outbox.items(OutboxStage::send)) {
    const Result<Bundle> bundle = outbox.load(item);
    const Result<SnapshotRecord> record = bundle ? record_of(*bundle) : bundle.error();
    const Result<void> sent = record ? send(*bundle, *record, central) : record.error();
    if (sent) remove_sent(host, outbox, item, *bundle, *record);
    else if (nobody_answers(sent.error())) return sent;
    else set_aside(outbox, item, sent.error());
  }
  return {};
}

void try_refused_again(const AgentHost& host) {
  Outbox outbox(outbox_folder(host));
  for (const Outbox::Item& item : outbox.items(OutboxStage::refused))
    if (const Result<void> moved = outbox.move(item, OutboxStage::send); !moved) log_warning(moved.error().text());
}

namespace {

Path result_file(const AgentHost& host, const RunId& run) { return outbox_folder(host) / (run.hex() + std::string(kResultSuffix)); }

}  // namespace

Result<void> keep_result(const AgentHost& host, const RunResult& result) {
  if (const Result<void> made = make_folders(outbox_folder(host), 0700); !made) return made;
  const std::string text = to_json(result);
  return write_durably(result_file(host, result.run), as_bytes(text), {.mode = 0600});
}

namespace {

// A result that cannot be read any more is still one: somebody waits for a word of its run, and its name says which run that is.
Result<RunResult> read_result(const Path& file) {
  const Result<RunId> run = RunId::parse(file.stem().native());
  if (!run) return run.error();
  const Result<std::string> text = read_text(file, kResultSizeMax);
  Result<RunResult> result = text ? from_json<RunResult>(*text) : text.error();
  if (result) return result;
  log_error("the result of run " + run->hex() + " is damaged: " + result.error().text());
  RunResult damaged{.run = *run, .state = "failed"};
  damaged.errors.push_back({"corrupt", "", "the run has ended, and what came of it cannot be read on the host any more: " + result.error().text()});
  return damaged;
}

}  // namespace

void keep_untold_outcomes(const AgentHost& host) {
  const Result<RunRegister> runs = RunRegister::open(orders_folder(host), host.clock);
  for (const RunId& run : runs ? runs->outcomes(kOrderStep) : std::vector<RunId>()) {
    const std::optional<RunResult> outcome = kept_outcome(*runs, run, kOrderStep);
    if (!outcome || std::filesystem::exists(result_file(host, run))) continue;
    if (const Result<void> kept = keep_result(host, *outcome); !kept) log_error("the result of a run: " + kept.error().text());
  }
}

namespace {

// A snapshot that lies on the systems and is not in the catalogue is not what whoever waits for the run takes "complete" for.
RunResult told_truly(RunResult result, const Outbox& outbox) {
  if (result.snapshot.empty()) return result;
  for (const OutboxStage stage : {OutboxStage::send, OutboxStage::refused})
    for (const Outbox::Item& item : outbox.items(stage)) {
      if (!item.name.starts_with(result.snapshot)) continue;
      if (result.state != "failed") result.state = "pending";
      result.warnings.push_back("snapshot " + result.snapshot + " is stored, and waits on the host: the central does not take it; see the logs of both");
      return result;
    }
  return result;
}

}  // namespace

Result<void> send_results(const AgentHost& host, CentralClient& central) {
  Result<std::vector<std::string>> names = list_folder(outbox_folder(host));
  if (names) std::erase_if(*names, [](const std::string& name) { return !name.ends_with(kResultSuffix); });
  if (!names || names->empty()) return {};
  const Outbox outbox(outbox_folder(host));
  const Result<RunRegister> runs = RunRegister::open(orders_folder(host), host.clock);
  for (const std::string& name : *names) {
    const Path file = outbox_folder(host) / name;
    const Result<RunResult> result = read_result(file);
    const Result<void> sent = result ? central.result(told_truly(*result, outbox)) : Result<void>();
    if (!sent && nobody_answers(sent.error())) return sent;
    if (!sent) log_warning("the central does not take the result of a run: " + sent.error().text());
    if (!sent && !is_final(sent.error())) continue;
    if (result && runs) runs->forget_outcome(result->run, kOrderStep);
    if (result) forget_made(host, result->run);
    ::unlink(file.c_str());
  }
  return {};
}

}  // namespace sparekeep::agent
