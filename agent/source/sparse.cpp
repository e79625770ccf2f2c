#include "agent/source/sparse.h"

#include <algorithm>
#include <utility>

namespace sparekeep::agent {

uint64_t bridge_holes(std::vector<FileExtent>& extents, size_t extents_max) {
  if (extents.size() <= extents_max) return 0;
  std::vector<std::pair<uint64_t, size_t>> holes;      // length, and the extent behind it
  for (size_t i = 1; i < extents.size(); ++i) holes.emplace_back(extents[i].offset - extents[i - 1].offset - extents[i - 1].length, i);
  const auto last = holes.begin() + static_cast<std::ptrdiff_t>(extents.size() - extents_max);
  std::nth_element(holes.begin(), last, holes.end());
  std::vector<bool> joins(extents.size());
  uint64_t bytes = 0;
  for (auto hole = holes.begin(); hole != last; ++hole) joins[hole->second] = true, bytes += hole->first;
  std::vector<FileExtent> bridged;
  for (size_t i = 0; i < extents.size(); ++i) {
    if (joins[i]) bridged.back().length = extents[i].offset + extents[i].length - bridged.back().offset;
    else bridged.push_back(extents[i]);
  }
  extents = std::move(bridged);
  return bytes;
}

}  // namespace sparekeep::agent
