// A store with switches for its faults, and counters of what it was asked: the outcomes that readers and writers must survive.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lib/store/memory_store.h"

namespace sparekeep {

enum class StoreState {
  well,
  dead,      // unreachable at once
  frozen,    // timeout, when the deadline has passed on its clock
};

class FaultyStore final : public ShardStore {
 public:
  FaultyStore(std::string name, const HostId& host, Clock& clock) : inside_(std::move(name), host, clock), clock_(clock) {}

  std::atomic<StoreState> state = StoreState::well;
  std::atomic<size_t> heads = 0, ranges = 0, wholes = 0, questions = 0;   // calls, failed ones included
  std::atomic<bool> ranges_altered = false;           // get_range gives bytes with a flipped bit; what is stored stays good
  std::function<Result<void>(const ShardId&)> before_put;   // asked before a shard is taken; its error is the answer
  std::function<uint64_t()> says_available;           // instead of "it does not say"
  std::function<std::optional<NewestRecord>()> says_newest;   // instead of the truth
  std::function<Result<void>(std::string_view)> before_record;   // the same of a record, by its name
  std::function<std::optional<CommitAnswer>(std::string_view)> answer_record;   // instead of the store's own answer
  std::function<Result<void>(StoredKind, std::string_view name)> before_object;   // the same of objects got, and listed (no name)
  MemoryStore& inside() { return inside_; }

  const std::string& name() const override { return inside_.name(); }
  HostId host() const override { return inside_.host(); }

  Result<SystemFacts> facts_for(const VaultId& vault, const Deadline& deadline) override {
    return through<SystemFacts>(deadline, [&]() -> Result<SystemFacts> {
      Result<SystemFacts> facts = inside_.facts_for(vault, deadline);
      if (facts && says_available) facts->available_bytes = says_available();
      if (facts && says_newest) facts->newest = says_newest();
      return facts;
    });
  }
  Result<void> put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) override {
    return through<void>(deadline, [&]() -> Result<void> {
      if (const Result<void> before = before_put ? before_put(shard) : Result<void>(); !before) return before;
      return inside_.put(shard, head, payload, deadline);
    });
  }
  Result<Bytes> get_head(const ShardId& shard, const Deadline& deadline) override {
    ++heads;
    return through<Bytes>(deadline, [&] { return inside_.get_head(shard, deadline); });
  }
  Result<void> get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) override {
    ++ranges;
    Result<void> got = through<void>(deadline, [&] { return inside_.get_range(shard, offset, to, deadline); });
    if (got && ranges_altered) to.front() ^= 1;
    return got;
  }
  Result<StoredShard> get_shard(const ShardId& shard, const Deadline& deadline) override {
    ++wholes;
    return through<StoredShard>(deadline, [&] { return inside_.get_shard(shard, deadline); });
  }
  Result<std::vector<bool>> has(std::span<const ShardId> shards, const Deadline& deadline) override {
    ++questions;
    return through<std::vector<bool>>(deadline, [&] { return inside_.has(shards, deadline); });
  }
  Result<std::vector<VaultId>> list_vaults(const Deadline& deadline) override {
    return through<std::vector<VaultId>>(deadline, [&] { return inside_.list_vaults(deadline); });
  }
  Result<std::vector<ObjectEntry>> list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) override {
    return through<std::vector<ObjectEntry>>(deadline, [&]() -> Result<std::vector<ObjectEntry>> {
      if (const Result<void> before = before_object ? before_object(kind, "") : Result<void>(); !before) return before.error();
      return inside_.list_objects(vault, kind, deadline);
    });
  }
  Result<Bytes> get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) override {
    return through<Bytes>(deadline, [&]() -> Result<Bytes> {
      if (const Result<void> before = before_object ? before_object(kind, name) : Result<void>(); !before) return before.error();
      return inside_.get_object(vault, kind, name, deadline);
    });
  }
  Result<void> put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object,
                          const Deadline& deadline) override {
    return through<void>(deadline, [&] { return inside_.put_object(vault, kind, name, object, deadline); });
  }
  Result<CommitAnswer> put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) override {
    return through<CommitAnswer>(deadline, [&]() -> Result<CommitAnswer> {
      if (const Result<void> before = before_record ? before_record(name) : Result<void>(); !before) return before.error();
      if (std::optional<CommitAnswer> told = answer_record ? answer_record(name) : std::nullopt) return *told;
      return inside_.put_record(vault, name, record, deadline);
    });
  }

 private:
  template <typename T, typename Call>
  Result<T> through(const Deadline& deadline, const Call& call) {
    if (state == StoreState::dead) return Error(ErrorKind::unreachable, "connection refused");
    if (state == StoreState::well) return call();
    clock_.sleep(deadline.left());
    return Error(ErrorKind::timeout, "no answer within the deadline");
  }
  MemoryStore inside_;
  Clock& clock_;
};

}  // namespace sparekeep
