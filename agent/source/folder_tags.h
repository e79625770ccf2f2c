// Tags: files whose presence says that the contents of their folder are not backed up. The folder and its tags stay, so that a restore brings
// back a folder that is left out again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/source/folder_stack.h"

namespace sparekeep::agent {

inline constexpr const char* kCacheTagName = "CACHEDIR.TAG";
inline constexpr std::string_view kCacheTagSignature = "Signature: 8a477f597d28d172789f06886806bc55";   // how the file begins: bford.info/cachedir

// Those of `tags` (of any kind), and with `caches` a CACHEDIR.TAG, that stand in the open folder of these names. Empty: its contents are backed up.
std::vector<std::string> tags_in(int folder, const NameList& names, const std::vector<std::string>& tags, bool caches);

}  // namespace sparekeep::agent
