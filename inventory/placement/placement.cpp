#include "inventory/placement/placement.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace sparekeep {

namespace {

struct Candidate {
  const StorageSystem* system = nullptr;
  double score = 0;
  bool avoided = false;        // in the zone that comes last
  size_t rank = 0;             // how many of its zone come before it
};

constexpr int kFractionBits = 53;      // of a double

std::vector<Candidate> candidates(std::span<const StorageSystem> systems, const PackId& pack, const PlacementRules& rules) {
  std::vector<Candidate> out;
  for (const StorageSystem& system : systems) {
    if (system.state != SystemState::up || system.available_bytes == 0 || system.available_bytes < rules.shard_bytes) continue;
    if (rules.excluded && rules.excluded(system)) continue;
    out.push_back({.system = &system,
                   .score = placement_score(pack, system.id, system.available_bytes),
                   .avoided = !rules.zone_avoided.empty() && system.zone == rules.zone_avoided});
  }
  return out;
}

bool scores_higher(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.system->id < b.system->id;
}

bool comes_first(const Candidate& a, const Candidate& b) {
  if (a.avoided != b.avoided) return b.avoided;
  return a.rank != b.rank ? a.rank < b.rank : scores_higher(a, b);
}

}  // namespace

double placement_score(const PackId& pack, const HostId& host, uint64_t available_bytes) {
  ByteWriter writer;
  writer.text("sparekeep placement v1");
  writer.raw(pack.bytes());
  writer.raw(host.bytes());
  const Digest digest = sha256(writer.bytes());
  const uint64_t bits = ByteReader(digest.bytes()).u64() >> (64 - kFractionBits);
  const double u = (static_cast<double>(bits) + 0.5) * std::ldexp(1.0, -kFractionBits);   // in (0, 1)
  return -static_cast<double>(available_bytes) / std::log(u);
}

std::vector<const StorageSystem*> placement_order(std::span<const StorageSystem> systems, const PackId& pack, const PlacementRules& rules) {
  std::vector<Candidate> all = candidates(systems, pack, rules);
  std::sort(all.begin(), all.end(), scores_higher);
  std::map<std::string_view, size_t> of_zone;
  for (Candidate& candidate : all) candidate.rank = of_zone[candidate.system->zone]++;
  std::sort(all.begin(), all.end(), comes_first);
  std::vector<const StorageSystem*> out;
  out.reserve(all.size());
  for (const Candidate& candidate : all) out.push_back(candidate.system);
  return out;
}

std::function<bool(const StorageSystem&)> excluding_host(const HostId& host, const MachineId& machine, bool machine_is_shared) {
  return [=](const StorageSystem& system) {
    if (system.id == host) return true;
    return !machine_is_shared && !machine.is_zero() && system.machine == machine;
  };
}

}  // namespace sparekeep
