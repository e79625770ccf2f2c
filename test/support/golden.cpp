#include "test/support/golden.h"

#include <algorithm>
#include <cstdlib>

#include "lib/base/files.h"
#include "lib/base/hex.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kLineBytes = 32;
constexpr uint64_t kGoldenMax = 16 << 20;

Path place_of(const std::string& name) { return Path("test/golden") / (name + ".hex"); }   // tests run in the source folder

std::string as_lines(ByteSpan bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += kLineBytes) {
    out += to_hex(bytes.subspan(at, std::min(kLineBytes, bytes.size() - at))) + "\n";
  }
  return out;
}

}  // namespace

Bytes golden_bytes(const std::string& name) {
  std::string text = read_text(place_of(name), kGoldenMax).value();
  std::erase(text, '\n');
  return from_hex(text).value();
}

std::string golden_difference(const std::string& name, ByteSpan bytes) {
  if (std::getenv("SK_ACCEPT")) {
    make_folders(place_of(name).parent_path()).value();
    write_durably(place_of(name), as_bytes(as_lines(bytes))).value();
  }
  const Bytes golden = golden_bytes(name);
  if (same_bytes(golden, bytes)) return "";
  const auto [ours, theirs] = std::mismatch(bytes.begin(), bytes.end(), golden.begin(), golden.end());
  return name + " differs from byte " + std::to_string(ours - bytes.begin()) + " on (" + std::to_string(bytes.size()) + " bytes, golden " +
         std::to_string(golden.size()) + ")";
}

}  // namespace sparekeep
