#include "lib/fetch/findings.h"

#include "lib/base/text.h"

namespace sparekeep {

std::string ShardFinding::text() const {
  return "shard " + shard.name() + " on " + in_quotes(system_name) + ": " + reason.text();
}

void Findings::add(ShardFinding finding) {
  const std::lock_guard lock(mutex_);
  if (!known_.emplace(finding.shard, finding.system).second) return;
  if (findings_.size() < kFindingsMax) findings_.push_back(std::move(finding));
  else ++left_out_;
}

std::vector<ShardFinding> Findings::all() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

uint64_t Findings::left_out() const {
  const std::lock_guard lock(mutex_);
  return left_out_;
}

}  // namespace sparekeep
