#include "installer/install/text_diff.h"

#include <vector>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kLinesMax = 2000;               // of each side; the rest is not shown

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines = split_text(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() > kLinesMax) lines.resize(kLinesMax);
  return lines;
}

// common[i][j]: length of the longest common subsequence of the lines from i and from j on.
std::vector<std::vector<size_t>> common_lengths(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::vector<size_t>> common(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;) common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  return common;
}

}  // namespace

std::string text_diff(const std::string& path, const std::string& before, const std::string& after) {
  if (before == after) return "";
  const std::vector<std::string> a = lines_of(before), b = lines_of(after);
  const std::vector<std::vector<size_t>> common = common_lengths(a, b);
  std::string out = "--- " + path + "\n+++ " + path + "\n";
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) out += " " + a[i] + "\n", ++i, ++j;
    else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) out += "-" + a[i++] + "\n";
    else out += "+" + b[j++] + "\n";
  }
  return out;
}

}  // namespace sparekeep::central
