#include "agent/backup/targets.h"

#include <algorithm>

#include "lib/base/units.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kBlockBytes = 4096;             // of file systems: what a file takes is a multiple of it

}  // namespace

std::vector<HostId> Targets::order(const PackId& pack, uint64_t shard_length) {
  std::vector<HostId> hosts = order_(pack, shard_length);
  const std::lock_guard lock(mutex_);
  for (const HostId& host : hosts) note_short(host, shard_length);
  std::erase_if(hosts, [&](const HostId& host) { return !takes(host, shard_length) || !store(host); });
  return hosts;
}

void Targets::note_short(const HostId& host, uint64_t shard_length) {
  if (has_place(host, shard_length)) return;
  short_.try_emplace(host, name_of(host) + ": no room for " + format_size(shard_length) + ": " + format_size(room_.at(host)) + " available");
}

// Placement passes over those of which the master file says so already.
void Targets::tell_short(uint64_t shard_length) {
  const std::lock_guard lock(mutex_);
  for (const auto& [host, store] : stores_) note_short(host, shard_length);
}

size_t Targets::room(uint64_t shard_length) const {
  const std::vector<HostId> hosts = order_(PackId(), shard_length);
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(hosts.begin(), hosts.end(), [&](const HostId& host) { return takes(host, shard_length) && store(host); }));
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

void Targets::has_room(const HostId& host, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes < UINT64_MAX) room_[host] = bytes;
}

bool Targets::has_place(const HostId& host, uint64_t shard_length) const {
  const auto room = room_.find(host);
  return room == room_.end() || room->second >= shard_length;
}

bool Targets::takes(const HostId& host, uint64_t shard_length) const {
  return !failed_.contains(host) && !full_.contains(host) && has_place(host, shard_length);
}

bool Targets::reserve(const HostId& host, uint64_t shard_length) {
  const std::lock_guard lock(mutex_);
  if (!takes(host, shard_length)) return false;
  const uint64_t allocated = (shard_length + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  if (const auto room = room_.find(host); room != room_.end()) room->second -= std::min(room->second, allocated);
  return true;
}

std::set<HostId> Targets::failed_hosts() const {
  const std::lock_guard lock(mutex_);
  std::set<HostId> hosts;
  for (const auto& [host, text] : failed_) hosts.insert(host);
  return hosts;
}

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
  for (const auto& [host, text] : short_)
    if (!failed_.contains(host) && !full_.contains(host)) texts.push_back(text);
  return texts;
}

}  // namespace sparekeep::agent
