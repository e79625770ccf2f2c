#include "agent/orders/made_snapshot.h"

#include "agent/orders/backup_order.h"
#include "agent/privileged/run_register.h"
#include "lib/base/log.h"
#include "lib/base/written_at.h"
#include "lib/wire/json.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::agent {

namespace {

constexpr std::string_view kMadeSuffix = ".made";
constexpr uint64_t kMadeBytesMax = 64 << 10;
constexpr std::chrono::hours kKept(24 * 14);                 // an order lives shorter
constexpr std::chrono::hours kClocksApart(1);                // the central's, which an order is issued by, and this host's

Path made_file(const AgentHost& host, const RunId& run) { return outbox_folder(host) / (run.hex() + std::string(kMadeSuffix)); }

RunResult result_of(const Bundle& bundle, const SnapshotRecord& record) {
  const PublicSection& facts = record.public_section();
  RunResult result{.run = facts.run, .state = std::string(name_of(facts.state)), .snapshot = facts.snapshot.hex()};
  result.milliseconds = (facts.ended - facts.began).count() / 1'000'000;
  result.warnings.push_back("the agent was stopped when this snapshot was stored, and has told of it since");
  const Result<SecondMetadata> second = from_json<SecondMetadata>(bundle.second);
  if (!second) return result;                                // an older release left it
  result.files = second->files, result.bytes = second->bytes, result.new_bytes = second->new_bytes;
  if (second->unreadable > 0) result.errors.push_back({"partial", "", std::to_string(second->unreadable) + " entries are missing; which is not known any more"});
  return result;
}

struct Waiting {
  std::string name;
  RunResult result;
};

// A damaged one tells no run that it is of, and is given up elsewhere. What cannot be read now is asked of where it may be of this run: else one bad
// sector would stop all backups of the host.
Result<void> unread(const Outbox::Item& item, const Order& order, const Error& error) {
  const bool moved_on = error.kind() == ErrorKind::not_found, damaged = error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::unsupported;
  if (moved_on || damaged || item.written + kClocksApart < order.issued) return {};
  return error.during("whether this run has made snapshot " + item.name + " before");
}

Result<std::optional<Waiting>> waiting_snapshot(const AgentHost& host, const Order& order, OutboxStage stage) {
  const Outbox outbox(outbox_folder(host));
  for (const Outbox::Item& item : outbox.items(stage)) {
    const Result<Bundle> bundle = outbox.load(item);
    const Result<SnapshotRecord> record = bundle ? record_of(*bundle) : bundle.error();
    if (record && record->public_section().run == order.run) return std::optional(Waiting{item.name, result_of(*bundle, *record)});
    if (record) continue;
    if (const Result<void> passed = unread(item, order, record.error()); !passed) return passed.error();
  }
  return std::optional<Waiting>();
}

}  // namespace

Result<void> keep_made(const AgentHost& host, const Bundle& bundle, const SnapshotRecord& record) {
  const RunId& run = record.public_section().run;
  const Result<RunRegister> runs = RunRegister::open(orders_folder(host), host.clock);
  if (!runs) return runs.error();
  if (runs->is_done(run, kOrderStep)) return {};
  const std::string text = to_json(result_of(bundle, record));
  return write_durably(made_file(host, run), as_bytes(text), {.mode = 0600});
}

// Sent, it is in RUN.made before it leaves the outbox. A start of the service moves what was refused back to be sent.
Result<SnapshotOfRun> made_snapshot(const AgentHost& host, const Order& order) {
  SnapshotOfRun found;
  for (const OutboxStage stage : {OutboxStage::commit, OutboxStage::send, OutboxStage::refused, OutboxStage::send}) {
    Result<std::optional<Waiting>> waiting = waiting_snapshot(host, order, stage);
    if (!waiting) return waiting.error();
    if (!*waiting) continue;
    if (stage == OutboxStage::commit) found.unfinished = std::move((*waiting)->name);
    else return SnapshotOfRun{std::move((*waiting)->result), ""};
  }
  const Result<std::string> text = read_text(made_file(host, order.run), kMadeBytesMax);
  Result<RunResult> made = text ? from_json<RunResult>(*text) : text.error();
  if (made) return SnapshotOfRun{std::move(*made), ""};
  if (made.error().kind() != ErrorKind::not_found) return made.error().during("what this run has made");
  return found;
}

void forget_made(const AgentHost& host, const RunId& run) { ::unlink(made_file(host, run).c_str()); }

void forget_old_made(const AgentHost& host) {
  const Result<std::vector<std::string>> names = list_folder(outbox_folder(host));
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const Path file = outbox_folder(host) / name;
    const Result<Time> written = written_at(file);
    if (name.ends_with(kMadeSuffix) && written && *written + kKept < host.clock.now()) ::unlink(file.c_str());
  }
}

}  // namespace sparekeep::agent
