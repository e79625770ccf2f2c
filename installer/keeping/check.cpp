#include "installer/keeping/check.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "installer/keeping/wanted_packs.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"
#include "lib/vault/shard.h"

namespace sparekeep::central {

namespace {

constexpr Duration kRequestLimit = std::chrono::seconds(60);
constexpr size_t kShardsAtOnce = 8;
constexpr unsigned kWhole = 100;             // percent

enum class Verdict { unknown, good, missing, damaged };

struct Task {                                // one shard of one pack, and where it is expected
  size_t pack = 0;
  uint8_t index = 0;
  HostId place;
  Verdict verdict = Verdict::unknown;
};

class Checker {
 public:
  Checker(RunningCentral& central, Clock& clock, Random& random, const CheckOptions& options)
      : catalogue_(central.catalogue()), clock_(clock), random_(random), options_(options), stores_(central, clock) {}

  CheckReport run() {
    wanted_ = wanted_packs(catalogue_, stores_, clock_);
    for (size_t i = 0; i < wanted_.packs.size(); ++i)
      for (unsigned index = 0; index < wanted_.packs[i].entry.layout.count(); ++index)
        tasks_.push_back({i, static_cast<uint8_t>(index), wanted_.packs[i].entry.places.at(index)});
    parallel_for(tasks_.size(), kShardsAtOnce, [&](size_t i) { look(tasks_[i]); });
    if (options_.read_percent < kWhole) check_sizes();
    return report();
  }

 private:
  ShardId shard_of(const Task& task) const {
    const WantedPack& pack = wanted_.packs[task.pack];
    return {pack.vault, pack.entry.pack, pack.entry.layout, task.index};
  }
  Deadline deadline() const { return Deadline(clock_, kRequestLimit); }

  // Where it was first written; otherwise wherever it was moved to.
  void look(Task& task) {
    if (ShardStore* first = stores_.systems().usable(task.place)) task.verdict = verify(task, *first);
    if (task.verdict == Verdict::good) return;
    for (ShardStore* store : stores_.systems().usable()) {
      if (store->host() == task.place) continue;
      const ShardId shard = shard_of(task);
      const Result<std::vector<bool>> held = store->has(std::span(&shard, 1), deadline());
      if (!held) stores_.systems().note(store->host(), held.error());
      if (!held || !held->front() || verify(task, *store) != Verdict::good) continue;
      task.place = store->host();
      task.verdict = Verdict::good;
      return;
    }
  }

  // A file that was cut short or has grown may have given its sampled block: its system compares its size with what its head says.
  void check_sizes() {
    std::map<HostId, std::vector<Task*>> good;
    for (Task& task : tasks_)
      if (task.verdict == Verdict::good) good[task.place].push_back(&task);
    for (const auto& [host, tasks] : good)
      for (size_t i = 0; i < tasks.size(); i += kHasMax) check_sizes(host, std::span(tasks).subspan(i, std::min(kHasMax, tasks.size() - i)));
  }

  void check_sizes(const HostId& host, std::span<Task* const> tasks) {
    ShardStore* store = stores_.systems().usable(host);
    if (store == nullptr) return;
    std::vector<ShardId> shards;
    for (const Task* task : tasks) shards.push_back(shard_of(*task));
    const Result<std::vector<bool>> held = store->has(shards, deadline());
    if (!held) return stores_.systems().note(host, held.error());
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (held->at(i)) continue;
      tasks[i]->verdict = Verdict::damaged;
      find("shard " + shards[i].name() + " on " + in_quotes(store->name()) + ": its file does not have the size that its head says");
    }
  }

  Verdict verify(const Task& task, ShardStore& store) {
    const ShardId shard = shard_of(task);
    const Result<void> verified = whole() ? verify_all(shard, store) : verify_sample(shard, store);
    if (verified) return Verdict::good;
    const Error& error = verified.error();
    if (is_of_system(error.kind())) return stores_.systems().note(store.host(), error), Verdict::unknown;
    if (error.kind() == ErrorKind::not_found) return Verdict::missing;
    find("shard " + shard.name() + " on " + in_quotes(store.name()) + ": " + error.text());
    return Verdict::damaged;
  }

  bool whole() {
    const std::lock_guard lock(mutex_);
    return options_.read_percent >= kWhole || random_.below(kWhole) < options_.read_percent;
  }

  uint64_t chosen(uint64_t count) {
    const std::lock_guard lock(mutex_);
    return random_.below(count);
  }

  Result<ShardHead> head_of(const ShardId& shard, ByteSpan object) {
    Result<ShardHead> head = parse_shard_head(object);
    if (!head) return head;
    if (head->id() != shard) return Error(ErrorKind::corrupt, "its head is another shard's");
    return head;
  }

  Result<void> verify_all(const ShardId& shard, ShardStore& store) {
    const Result<StoredShard> stored = store.get_shard(shard, deadline());
    if (!stored) return stored.error();
    count(store, stored->payload.size());
    const Result<ShardHead> head = head_of(shard, stored->head);
    if (!head) return head.error();
    return verify_shard(*head, stored->payload, signer_of(catalogue_, shard.vault));
  }

  Result<void> verify_sample(const ShardId& shard, ShardStore& store) {
    const Result<Bytes> object = store.get_head(shard, deadline());
    if (!object) return object.error();
    const Result<ShardHead> head = head_of(shard, *object);
    if (!head) return head.error();
    if (Result<void> verified = verify_shard_head(*head, signer_of(catalogue_, shard.vault)); !verified) return verified;
    if (head->blocks.empty()) return {};
    const uint64_t block = chosen(head->blocks.size());
    const uint64_t offset = block * kBlockSize;
    const size_t length = static_cast<size_t>(std::min<uint64_t>(kBlockSize, head->payload_length() - offset));
    Bytes bytes(length);
    if (Result<void> got = store.get_range(shard, offset, bytes, deadline()); !got) return got;
    count(store, bytes.size());
    return verify_block(*head, block, bytes);
  }

  void count(const ShardStore& store, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_read_[store.host()] += bytes;
  }

  void find(std::string text) {
    const std::lock_guard lock(mutex_);
    if (findings_.size() < kCheckFindingsMax) findings_.push_back(std::move(text));
  }

  CheckReport report() {
    CheckReport report;
    report.snapshots = wanted_.snapshots, report.packs = wanted_.packs.size(), report.shards = tasks_.size();
    report.findings = std::move(findings_);
    ObjectCheck objects = check_objects(catalogue_, stores_.systems(), clock_, wanted_.objects, kCheckFindingsMax);
    report.objects = wanted_.objects.size(), report.objects_at_risk = std::move(objects.risks);
    report.findings.insert(report.findings.end(), objects.findings.begin(), objects.findings.end());
    report.record_lost = !wanted_.unreadable.empty();
    report.findings.insert(report.findings.end(), wanted_.unreadable.begin(), wanted_.unreadable.end());
    report.systems = system_checks();
    for (size_t i = 0; i < wanted_.packs.size(); ++i) add_risk(i, report);
    return report;
  }

  std::vector<SystemCheck> system_checks() const {
    std::map<HostId, SystemCheck> checks;
    for (const auto& store : stores_.all()) checks[store->host()].name = store->name();
    for (const Task& task : tasks_) {
      if (task.place.is_zero()) continue;    // it was never written: the pack is at risk, no system is to blame
      SystemCheck& check = checks[task.place];
      if (check.name.empty()) check.name = task.place.hex();
      ++counter_of(check, task.verdict);
    }
    for (const auto& [host, bytes] : bytes_read_) checks[host].bytes_read = bytes;
    std::vector<SystemCheck> sorted;
    for (auto& [host, check] : checks) {
      if (const std::optional<Error> reason = stores_.systems().reason(host)) check.problem = reason->text();
      sorted.push_back(std::move(check));
    }
    std::sort(sorted.begin(), sorted.end(), [](const SystemCheck& a, const SystemCheck& b) { return a.name < b.name; });
    return sorted;
  }

  static uint64_t& counter_of(SystemCheck& check, Verdict verdict) {
    switch (verdict) {
      case Verdict::good: return check.good;
      case Verdict::missing: return check.missing;
      case Verdict::damaged: return check.damaged;
      case Verdict::unknown: break;
    }
    return check.unknown;
  }

  void add_risk(size_t pack, CheckReport& report) const {
    const WantedPack& wanted = wanted_.packs[pack];
    PackRisk risk{wanted.vault, wanted.entry.pack, wanted.entry.layout, 0, wanted.snapshots, {}};
    const auto first = std::lower_bound(tasks_.begin(), tasks_.end(), pack, [](const Task& task, size_t number) { return task.pack < number; });
    for (auto task = first; task != tasks_.end() && task->pack == pack; ++task) {
      if (task->verdict == Verdict::good) ++risk.good;
      else if (!task->place.is_zero()) risk.systems.push_back(stores_.systems().name_of(task->place));
    }
    if (risk.good < risk.layout.count()) report.risks.push_back(std::move(risk));
  }

  Catalogue& catalogue_;
  Clock& clock_;
  Random& random_;
  const CheckOptions options_;
  mutable CentralStores stores_;
  WantedPacks wanted_;
  std::vector<Task> tasks_;                  // by pack
  std::mutex mutex_;
  std::map<HostId, uint64_t> bytes_read_;
  std::vector<std::string> findings_;
};

}  // namespace

CheckReport check_shards(RunningCentral& central, Clock& clock, Random& random, const CheckOptions& options) {
  return Checker(central, clock, random, options).run();
}

}  // namespace sparekeep::central
