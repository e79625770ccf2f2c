// What is refused before the TOML library sees it. The library recurses per level and builds a table per dotted part:
// 400 kB of dotted keys or brackets crash it. One pass over the bytes, nothing allocated.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

constexpr size_t kConfigBytesMax = 1u << 20;
constexpr size_t kConfigLineBytesMax = 4096;
constexpr size_t kConfigDepthMax = 16;       // of [ and { inside one another
constexpr size_t kConfigKeyPartsMax = 8;     // of a.b.c
constexpr size_t kConfigKeysMax = 20'000;    // with every part of a dotted key
constexpr size_t kConfigValuesMax = 50'000;  // with every item of a list

// What variables may make of a file, which is read after that: of one text, and of all of an inventory or playbook together.
constexpr size_t kInterpolatedTextMax = 64u << 10;
constexpr size_t kInterpolatedBytesMax = 32u << 20;

Result<void> check_config_limits(std::string_view text, const std::shared_ptr<const std::string>& file);

}  // namespace sparekeep
