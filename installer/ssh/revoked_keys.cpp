#include "installer/ssh/revoked_keys.h"

#include <fstream>

namespace sparekeep::central {

namespace {

constexpr size_t kLinesMax = 100'000;
constexpr std::string_view kRevoked = "@revoked", kBlanks = " \t";

std::vector<RevokedLine> read_lines(const std::string& name) {
  std::vector<RevokedLine> out;
  std::ifstream file(name);
  std::string line;
  for (size_t number = 1; number <= kLinesMax && std::getline(file, line); ++number) {
    const size_t mark = line.find_first_not_of(kBlanks);
    if (mark == std::string::npos || line.compare(mark, kRevoked.size(), kRevoked) != 0) continue;
    const size_t rest = line.find_first_not_of(kBlanks, mark + kRevoked.size());
    if (rest == std::string::npos || rest == mark + kRevoked.size()) continue;
    out.push_back({name + ":" + std::to_string(number), line.substr(rest)});
  }
  return out;
}

}  // namespace

const std::vector<RevokedLine>& RevokedKeys::in(const std::string& file) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(file);
  return found != files_.end() ? found->second : files_.emplace(file, read_lines(file)).first->second;
}

}  // namespace sparekeep::central
