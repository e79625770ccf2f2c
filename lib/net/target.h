// The target of a request line, both ways: "/v1/find?name=%2Fetc" <-> path and query. What could be read in two ways is
// refused: `//`, dot segments, NUL, control bytes, an encoded slash, a query name twice.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

using Query = std::map<std::string, std::string>;

struct Target {
  std::string path;
  Query query;
};

Result<Target> parse_target(std::string_view text);                            // usage
std::string print_target(std::string_view path, const Query& query);

}  // namespace sparekeep
