// "Did you mean ...?": the known name that is nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sparekeep {

// The nearest of `known` when few enough letters differ (swapped neighbours count once); empty where none is near.
std::string nearest_name(std::string_view typed, const std::vector<std::string>& known);

}  // namespace sparekeep
