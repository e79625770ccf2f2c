// Entries of every kind and shape from a seed, in path order, for tests of whatever keeps or reads manifests.
#pragma once

#include <vector>

#include "lib/base/random.h"
#include "lib/vault/manifest_entry.h"

namespace sparekeep {

std::vector<ManifestEntry> random_manifest(Random& random, size_t entries_max);   // 1 .. entries_max, by chance
ManifestEntry small_file(const std::string& path, uint64_t size);                 // one piece, chunk 0
std::vector<ManifestEntry> numbered_files(size_t count);                          // /data/file000000 ..., a piece each

}  // namespace sparekeep
