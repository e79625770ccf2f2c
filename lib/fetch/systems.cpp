#include "lib/fetch/systems.h"

#include <algorithm>

namespace sparekeep {

bool is_of_system(ErrorKind kind) {
  return kind == ErrorKind::unreachable || kind == ErrorKind::timeout || kind == ErrorKind::denied || kind == ErrorKind::closed;
}

Systems::Systems(std::vector<ShardStore*> stores) : stores_(std::move(stores)) {}

ShardStore* Systems::find(const HostId& host) const {
  const auto found = std::find_if(stores_.begin(), stores_.end(), [&](const ShardStore* store) { return store->host() == host; });
  return found == stores_.end() ? nullptr : *found;
}

ShardStore* Systems::usable(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  return passed_over_.contains(host) ? nullptr : find(host);
}

std::vector<ShardStore*> Systems::usable() const {
  const std::lock_guard lock(mutex_);
  std::vector<ShardStore*> usable;
  for (ShardStore* store : stores_)
    if (!passed_over_.contains(store->host())) usable.push_back(store);
  return usable;
}

std::string Systems::name_of(const HostId& host) const {
  const ShardStore* store = find(host);
  return store ? store->name() : host.hex();
}

void Systems::note(const HostId& host, const Error& error) {
  if (!is_of_system(error.kind())) return;
  const std::lock_guard lock(mutex_);
  passed_over_.try_emplace(host, error);
}

std::optional<Error> Systems::reason(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = passed_over_.find(host);
  if (found != passed_over_.end()) return found->second;
  if (!find(host)) return Error(ErrorKind::unreachable, "it is not among the systems known here");
  return std::nullopt;
}

std::vector<Systems::PassedOver> Systems::passed_over() const {
  const std::lock_guard lock(mutex_);
  std::vector<PassedOver> all;
  for (const auto& [host, reason] : passed_over_) all.push_back({host, name_of(host), reason});
  return all;
}

}  // namespace sparekeep
