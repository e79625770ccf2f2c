#include "lib/base/suggestion.h"

#include <algorithm>
#include <cctype>

namespace sparekeep {

namespace {

constexpr size_t kNameLengthMax = 64;  // nothing longer is compared: the table below is quadratic

bool same_letter(char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b)); }

// Optimal string alignment: insertions, deletions, changes and swaps of neighbours that turn a into b.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view typed, const std::vector<std::string>& known) {
  if (typed.size() > kNameLengthMax) return {};
  std::string nearest;
  size_t nearest_distance = 1 + typed.size() / 3;
  for (const std::string& name : known) {
    if (name.size() > kNameLengthMax) continue;
    const size_t distance = edit_distance(typed, name);
    const bool better = nearest.empty() ? distance <= nearest_distance : distance < nearest_distance;
    if (better && distance < name.size()) nearest = name, nearest_distance = distance;
  }
  return nearest;
}

}  // namespace sparekeep
