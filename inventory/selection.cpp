#include "inventory/selection.h"

#include <algorithm>
#include <set>

#include "lib/base/files.h"
#include "lib/base/suggestion.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kListBytesMax = 1u << 20;  // of a file named by @FILE

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

Error unknown(const Inventory& inventory, std::string_view item) {
  std::vector<std::string> known;
  for (const Host& host : inventory.hosts) known.push_back(host.name);
  for (const auto& [group, members] : inventory.groups) known.push_back(group);
  std::string text = "no host or group of the inventory is " + in_quotes(item);
  const std::string nearest = nearest_name(item, known);
  text += nearest.empty() ? "; a host, a group or a glob is expected" : "; did you mean " + in_quotes(nearest) + "?";
  return Error(ErrorKind::usage, text);
}

// Adds what one plain name means; false where it is unknown.
bool add_name(const Inventory& inventory, const std::string& name, std::set<std::string>& found) {
  const auto group = inventory.groups.find(name);
  if (group != inventory.groups.end()) return found.insert(group->second.begin(), group->second.end()), true;
  if (!inventory.find(name)) return false;
  found.insert(name);
  return true;
}

bool add_glob(const Inventory& inventory, const std::string& glob, std::set<std::string>& found) {
  bool any = false;
  for (const Host& host : inventory.hosts)
    if (matches_glob(glob, host.name)) any = true, found.insert(host.name);
  for (const auto& [group, members] : inventory.groups)
    if (matches_glob(glob, group)) any = true, found.insert(members.begin(), members.end());
  return any;
}

std::vector<std::string> in_order(const Inventory& inventory, const std::set<std::string>& names) {
  std::vector<std::string> ordered;
  for (const Host& host : inventory.hosts)
    if (names.count(host.name) > 0) ordered.push_back(host.name);
  return ordered;
}

std::string_view without_exclusion(std::string_view item) { return item.starts_with('!') ? item.substr(1) : item; }

std::vector<std::string> lines_of(const std::string& item, const std::string& file) {
  const Result<std::string> list = read_text(file, kListBytesMax);
  if (!list) throw Error(ErrorKind::usage, list.error().text()).during("--limit " + in_quotes(item));
  std::vector<std::string> lines;
  for (const std::string& line : split_text(*list, '\n')) {
    const std::string name = trimmed(line);
    if (!name.empty() && name[0] != '#') lines.push_back(name);
  }
  if (lines.empty()) throw Error(ErrorKind::usage, "--limit " + in_quotes(item) + ": the file names no host");
  return lines;
}

// Of a file that is excluded as a whole.
std::string excluded(const std::string& item, const std::string& line) {
  if (line.starts_with('!'))
    throw Error(ErrorKind::usage, "--limit " + in_quotes(item) + ": the file excludes " + in_quotes(line.substr(1)) + " itself; a host, a group or a glob is expected");
  return "!" + line;
}

// The items of a pattern, with those of its @FILEs in their place.
std::vector<std::string> items_of(std::string_view pattern) {
  std::vector<std::string> items;
  for (const std::string& part : split_text(pattern, ',')) {
    const std::string item = trimmed(part), file = trimmed(without_exclusion(item));
    if (!file.starts_with('@')) {
      if (!item.empty()) items.push_back(item);
      continue;
    }
    for (const std::string& line : lines_of(item, file.substr(1))) items.push_back(file.size() == item.size() ? line : excluded(item, line));
  }
  return items;
}

}  // namespace

Result<std::vector<std::string>> hosts_matching(const Inventory& inventory, std::string_view item) {
  const Result<std::vector<std::string>> names = expand_range(item);
  if (!names) return names.error();
  std::set<std::string> found;
  for (const std::string& name : *names) {
    const bool known = add_name(inventory, name, found) || (is_glob(name) && add_glob(inventory, name, found));
    if (!known) return unknown(inventory, name);
  }
  return in_order(inventory, found);
}

std::vector<std::string> select_hosts(const Inventory& inventory, std::string_view pattern) {
  std::set<std::string> wanted, excluded;
  const std::vector<std::string> items = items_of(pattern);
  bool only_exclusions = !items.empty();               // nothing said is no host, never all of them
  for (const std::string& item : items) {
    const bool exclusion = item[0] == '!';
    only_exclusions = only_exclusions && exclusion;
    const auto names = during("--limit " + in_quotes(pattern), hosts_matching(inventory, trimmed(item.substr(exclusion ? 1 : 0)))).value();
    (exclusion ? excluded : wanted).insert(names.begin(), names.end());
  }
  std::vector<std::string> selected;
  for (const Host& host : inventory.hosts)
    if ((only_exclusions || wanted.count(host.name) > 0) && excluded.count(host.name) == 0) selected.push_back(host.name);
  if (selected.empty())
    throw Error(ErrorKind::usage, "--limit " + in_quotes(pattern) + ": no host is left; a host, a group or a glob is expected");
  return selected;
}

}  // namespace sparekeep
