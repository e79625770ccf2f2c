#include "installer/ssh/revoked_keys.h"

#include <cerrno>
#include <fstream>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kLinesMax = 100'000;
constexpr std::string_view kRevoked = "@revoked", kBlanks = " \t";

Result<std::vector<RevokedLine>> read_lines(const std::string& name) {
  std::vector<RevokedLine> out;
  errno = 0;
  std::ifstream file(name);
  if (!file && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return out;
  std::string line;
  for (size_t number = 1; number <= kLinesMax && std::getline(file, line); ++number) {
    const size_t mark = line.find_first_not_of(kBlanks);
    if (mark == std::string::npos || line.compare(mark, kRevoked.size(), kRevoked) != 0) continue;
    const size_t rest = line.find_first_not_of(kBlanks, mark + kRevoked.size());
    if (rest == std::string::npos || rest == mark + kRevoked.size()) continue;
    out.push_back({name + ":" + std::to_string(number), line.substr(rest)});
  }
  if (!file.eof()) return system_error("reading " + in_quotes(name) + " for revoked keys", errno == 0 ? EFBIG : errno);
  return out;
}

}  // namespace

Result<std::vector<RevokedLine>> RevokedKeys::in(const std::string& file) {
  const std::lock_guard lock(mutex_);
  if (const auto found = files_.find(file); found != files_.end()) return found->second;
  Result<std::vector<RevokedLine>> lines = read_lines(file);
  if (lines) files_.emplace(file, *lines);
  return lines;
}

}  // namespace sparekeep::central
