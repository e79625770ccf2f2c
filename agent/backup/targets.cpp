#include "agent/backup/targets.h"

namespace sparekeep::agent {

std::vector<HostId> Targets::order(const PackId& pack, uint64_t shard_length) const {
  std::vector<HostId> hosts = order_(pack, shard_length);
  std::erase_if(hosts, [&](const HostId& host) { return !takes_shards(host) || !store(host); });
  return hosts;
}

ShardStore* Targets::store(const HostId& host) const {
  const auto found = stores_.find(host);
  return found == stores_.end() ? nullptr : found->second.get();
}

void Targets::failed(const HostId& host, const Error& error) {
  const std::lock_guard lock(mutex_);
  (error.kind() == ErrorKind::no_space ? full_ : failed_).try_emplace(host, error.text());
}

bool Targets::has_failed(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  return failed_.contains(host);
}

bool Targets::takes_shards(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  return !failed_.contains(host) && !full_.contains(host);
}

std::set<HostId> Targets::failed_hosts() const {
  const std::lock_guard lock(mutex_);
  std::set<HostId> hosts;
  for (const auto& [host, text] : failed_) hosts.insert(host);
  return hosts;
}

size_t Targets::room(uint64_t shard_length) const { return order(PackId(), shard_length).size(); }

std::vector<HostId> Targets::hosts() const {
  std::vector<HostId> hosts;
  for (const auto& [host, store] : stores_) hosts.push_back(host);
  return hosts;
}

std::string Targets::name_of(const HostId& host) const {
  const ShardStore* known = store(host);
  return known ? known->name() : host.hex();
}

std::vector<std::string> Targets::failures() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  for (const auto* some : {&failed_, &full_})
    for (const auto& [host, text] : *some) texts.push_back(text);
  return texts;
}

}  // namespace sparekeep::agent
