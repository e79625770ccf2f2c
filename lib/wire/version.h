// The protocol between the three programs (docs/protocol.md). Every request and response carries it in a header.
#pragma once

#include <string_view>

namespace sparekeep {

constexpr int kProtocolVersion = 1;
// Programs one version apart understand each other, in any order: an upgrade reaches one host after the other.
constexpr bool is_spoken(int version) { return version > 0 && version >= kProtocolVersion - 1 && version <= kProtocolVersion + 1; }

constexpr std::string_view kProgramVersion = "0.1.0";

}  // namespace sparekeep
