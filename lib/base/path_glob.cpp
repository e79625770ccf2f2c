#include "lib/base/path_glob.h"

#include <algorithm>
#include <cstdint>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

struct ClassMatch {
  bool fits = false;
  size_t length = 0;  // of the class in the pattern; 0: it has no end, which parse refuses
};

// `pattern` begins with '['.
ClassMatch match_class(std::string_view pattern, char c) {
  size_t at = 1;
  const bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (inverted) ++at;
  const size_t first = at;
  bool found = false;
  for (; at < pattern.size() && (pattern[at] != ']' || at == first); ++at) {
    const auto low = static_cast<uint8_t>(pattern[at]);
    const bool range = at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
    const uint8_t high = range ? static_cast<uint8_t>(pattern[at + 2]) : low;
    if (range) at += 2;
    found = found || (low <= static_cast<uint8_t>(c) && static_cast<uint8_t>(c) <= high);
  }
  if (at >= pattern.size()) return {c == '[', 0};
  return {found != inverted, at + 1};
}

size_t character_length(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<uint8_t>(text[length]) & 0xc0) == 0x80) ++length;
  return length;
}

struct Step {  // one element of a pattern, other than *, held against the front of a name
  bool fits = false;
  size_t pattern = 1;  // how much of each it takes
  size_t name = 1;
};

Step match_step(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || name.empty()) return {};
  if (pattern[0] == '?') return {true, 1, character_length(name)};
  if (pattern[0] == '\\' && pattern.size() > 1) return {pattern[1] == name[0], 2, 1};
  if (pattern[0] != '[') return {pattern[0] == name[0], 1, 1};
  const ClassMatch match = match_class(pattern, name[0]);
  return {match.fits, match.length == 0 ? 1 : match.length, 1};
}

// Goes back to the last star only, so that the cost is at most the product of the lengths.
bool match_name(std::string_view pattern, std::string_view name) {
  std::string_view after_star, star_name;
  bool star = false;
  while (!name.empty()) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      after_star = pattern, star_name = name, star = true;
      continue;
    }
    const Step step = match_step(pattern, name);
    if (step.fits) {
      pattern.remove_prefix(step.pattern), name.remove_prefix(step.name);
      continue;
    }
    if (!star) return false;
    star_name.remove_prefix(1);
    pattern = after_star, name = star_name;
  }
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

std::vector<std::string_view> names_of(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) names.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return names;
}

// Does every class of a name's pattern have its end?
bool is_closed(std::string_view name) {
  while (!name.empty()) {
    size_t length = name[0] == '\\' ? 2 : 1;
    if (name[0] == '[') length = match_class(name, 'a').length;
    if (length == 0) return false;
    name.remove_prefix(std::min(length, name.size()));
  }
  return true;
}

}  // namespace

bool PathGlob::Pattern::fits(const std::vector<std::string_view>& path, bool is_folder) const {
  size_t at = 0, name = 0, after_star = 0, star_name = 0;
  bool star = false;
  while (true) {
    if (at == names.size() && (name < path.size() || is_folder || !folders_only)) return true;  // what lies below fits, too
    if (at + 1 == names.size() && names[at] == "**") return name < path.size();
    if (at < names.size() && names[at] == "**") {
      after_star = ++at, star_name = name, star = true;
      continue;
    }
    if (at < names.size() && name < path.size() && match_name(names[at], path[name])) {
      ++at, ++name;
      continue;
    }
    if (!star || star_name >= path.size()) return false;
    at = after_star, name = ++star_name;
  }
}

// Which places in the pattern may be reached when the folder's names are taken? One that is not its end can go on below.
bool PathGlob::Pattern::can_fit_below(const std::vector<std::string_view>& folder) const {
  std::vector<bool> reached(names.size() + 1);
  reached[0] = true;
  const auto pass_stars = [&] {
    for (size_t at = 0; at < names.size(); ++at)
      if (reached[at] && names[at] == "**") reached[at + 1] = true;
  };
  for (const std::string_view name : folder) {
    pass_stars();
    std::vector<bool> next(names.size() + 1);
    for (size_t at = 0; at < names.size(); ++at) {
      if (!reached[at]) continue;
      if (names[at] == "**") next[at] = true;
      else if (match_name(names[at], name)) next[at + 1] = true;
    }
    reached = std::move(next);
  }
  return std::find(reached.begin(), reached.end() - 1, true) != reached.end() - 1;
}

PathGlob::Pattern PathGlob::parse_one(std::string_view text) {
  Pattern pattern;
  pattern.negated = text.starts_with('!');
  if (pattern.negated) text.remove_prefix(1);
  pattern.folders_only = text.ends_with('/');
  if (!text.starts_with('/')) pattern.names.emplace_back("**");
  for (const std::string_view name : names_of(text)) {
    const bool again = name == "**" && !pattern.names.empty() && pattern.names.back() == "**";
    if (!again) pattern.names.emplace_back(name);
  }
  return pattern;
}

Result<PathGlob> PathGlob::parse(const std::vector<std::string>& patterns) {
  PathGlob glob;
  for (const std::string& text : patterns) {
    const std::vector<std::string_view> names = names_of(std::string_view(text).substr(text.starts_with('!') ? 1 : 0));
    if (names.empty()) return Error(ErrorKind::usage, "pattern " + in_quotes(text) + " names nothing");
    if (!std::all_of(names.begin(), names.end(), is_closed))
      return Error(ErrorKind::usage, "pattern " + in_quotes(text) + " has '[' without ']' in one name; \"\\[\" is the character itself");
    glob.patterns_.push_back(parse_one(text));
  }
  return glob;
}

PathGlob::Patterns::const_reverse_iterator PathGlob::deciding(const std::vector<std::string_view>& path, bool is_folder) const {
  return std::find_if(patterns_.rbegin(), patterns_.rend(), [&](const Pattern& pattern) { return pattern.fits(path, is_folder); });
}

bool PathGlob::matches(std::string_view path, bool is_folder) const {
  const auto last = deciding(names_of(path), is_folder);
  return last != patterns_.rend() && !last->negated;
}

PathChoice PathGlob::choice(std::string_view path, bool is_folder) const {
  const std::vector<std::string_view> names = names_of(path);
  const auto last = deciding(names, is_folder);
  if (last == patterns_.rend() || last->negated) return PathChoice::take;
  const auto turns_round = [&](const Pattern& pattern) { return pattern.negated && pattern.can_fit_below(names); };
  return is_folder && std::any_of(patterns_.rbegin(), last, turns_round) ? PathChoice::look_inside : PathChoice::leave;
}

}  // namespace sparekeep
