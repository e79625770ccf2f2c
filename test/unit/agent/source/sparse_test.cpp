// Files with more extents than a manifest takes.
#include "agent/source/sparse.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("the shortest holes become data, until few enough extents are left") {
  const std::vector<FileExtent> all{{0, 10}, {15, 5}, {30, 10}, {41, 1}, {100, 50}};      // holes of 5, 10, 1, 58
  const auto bridged = [&](size_t extents_max) {
    std::vector<FileExtent> extents = all;
    const uint64_t bytes = bridge_holes(extents, extents_max);
    return std::pair(extents, bytes);
  };
  CHECK(bridged(5) == std::pair(all, uint64_t{0}));
  CHECK(bridged(4) == std::pair(std::vector<FileExtent>{{0, 10}, {15, 5}, {30, 12}, {100, 50}}, uint64_t{1}));
  CHECK(bridged(3) == std::pair(std::vector<FileExtent>{{0, 20}, {30, 12}, {100, 50}}, uint64_t{6}));
  CHECK(bridged(1) == std::pair(std::vector<FileExtent>{{0, 150}}, uint64_t{74}));
}
