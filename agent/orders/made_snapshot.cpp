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
  Outbox::Item item;
  RunResult result;
};

std::optional<Waiting> waiting_snapshot(const AgentHost& host, const RunId& run, OutboxStage stage) {
  const Outbox outbox(outbox_folder(host));
  for (Outbox::Item& item : outbox.items(stage)) {
    const Result<Bundle> bundle = outbox.load(item);
    const Result<SnapshotRecord> record = bundle ? record_of(*bundle) : bundle.error();
    if (record && record->public_section().run == run) return Waiting{std::move(item), result_of(*bundle, *record)};
  }
  return std::nullopt;
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

std::optional<RunResult> made_snapshot(const AgentHost& host, const RunId& run) {
  const Result<std::string> text = read_text(made_file(host, run), kMadeBytesMax);
  Result<RunResult> made = text ? from_json<RunResult>(*text) : text.error();
  if (made) return std::move(*made);
  if (made.error().kind() != ErrorKind::not_found) log_warning("what run " + run.hex() + " has made: " + made.error().text());
  for (const OutboxStage stage : {OutboxStage::send, OutboxStage::refused})
    if (std::optional<Waiting> waiting = waiting_snapshot(host, run, stage)) return std::move(waiting->result);
  return std::nullopt;
}

std::optional<std::string> unfinished_snapshot(const AgentHost& host, const RunId& run) {
  std::optional<Waiting> waiting = waiting_snapshot(host, run, OutboxStage::commit);
  if (!waiting) return std::nullopt;
  return std::move(waiting->item.name);
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
