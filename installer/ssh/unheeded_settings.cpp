#include "installer/ssh/unheeded_settings.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kLinesMax = 10'000, kShownMax = 3;

std::vector<std::string> words_of(std::string line) {
  if (const size_t equals = line.find('='); equals != std::string::npos) line[equals] = ' ';      // "Keyword=value"
  std::replace(line.begin(), line.end(), '\t', ' ');
  std::vector<std::string> words = split_text(line, ' ');
  std::erase(words, "");
  return words;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string unheeded_settings(const std::string& home, const std::vector<std::string>& names) {
  const std::string name = home + "/.ssh/config";
  std::ifstream file(name);
  std::vector<std::string> found;
  std::string line;
  for (size_t number = 1; number <= kLinesMax && found.size() < kShownMax && std::getline(file, line); ++number) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || std::find(names.begin(), names.end(), lower_case(words[0])) == names.end()) continue;
    const bool heeded = lower_case(words[0]) == "userknownhostsfile" && words.size() < 3;
    const std::string_view more = lower_case(words[0]) == "userknownhostsfile" ? " to more than one file" : "";
    if (!heeded) found.push_back(name + ":" + std::to_string(number) + " sets " + printable(words[0]) + std::string(more));
  }
  return found.empty() ? "" : "; " + joined(found, " and ") + ", which is not heeded here";
}

}  // namespace sparekeep::central
