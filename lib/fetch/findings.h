// Shards that were asked for and were missing, altered or not to be had: what `check` and a restore name. A bad shard is never
// an error of the fetch itself while enough others are left.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lib/store/shard_store.h"

namespace sparekeep {

struct ShardFinding {
  ShardId shard;
  HostId system;
  std::string system_name;
  Error reason;                                       // not_found, corrupt, unreachable, timeout, ...
  std::string text() const;                           // "shard PACK.2.2.1 on 'store3': block 7 is not the signed one"
};

constexpr size_t kFindingsMax = 100'000;

class Findings {                                      // thread safe; each (shard, system) once, the first reason stays
 public:
  void add(ShardFinding finding);
  std::vector<ShardFinding> all() const;
  uint64_t left_out() const;                          // beyond kFindingsMax

 private:
  mutable std::mutex mutex_;
  std::vector<ShardFinding> findings_;
  std::set<std::pair<ShardId, HostId>> known_;
  uint64_t left_out_ = 0;
};

}  // namespace sparekeep
