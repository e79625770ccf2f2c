// The folders that a restore has entered and not left, outermost first, each below the one before. Only the deepest one keeps its path and its place:
// all in full would be the square of the depth, and anybody can make a tree of ten thousand levels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/vault/manifest_entry.h"

namespace sparekeep::agent {

struct OpenFolder {
  ManifestEntry entry;
  std::string place;
  bool made = false;                               // by this run, or would be
  bool opened = false;                             // its mode keeps this user out, and is not seen any more
  uint64_t after = 0;                              // the last batch that writes into it, once the walk has left it
  std::set<std::string> names{};                   // delete_extra: what the snapshot holds in it
  size_t names_bytes = 0;                          // that they take in memory

  void add_name(std::string_view name) {
    constexpr size_t kNode = 80;                   // of the set, with its string
    if (names.emplace(name).second) names_bytes += kNode + name.size();
  }
};

class OpenFolders {
 public:
  bool empty() const { return folders_.empty(); }
  OpenFolder& top() { return folders_.back().folder; }
  const OpenFolder& top() const { return folders_.back().folder; }

  void push(OpenFolder folder) {
    if (!empty()) top().entry.file.path = {}, top().place = {};
    const size_t path = folder.entry.file.path.size(), place = folder.place.size();
    folders_.push_back({std::move(folder), path, place});
  }

  OpenFolder pop() {
    OpenFolder left = std::move(top());
    folders_.pop_back();
    if (empty()) return left;
    top().entry.file.path = left.entry.file.path.substr(0, folders_.back().path_length);
    top().place = left.place.substr(0, folders_.back().place_length);
    return left;
  }

  // Does the place lie below one of them that this run has made?
  bool is_below_made(std::string_view place) const {
    const auto holds = [&](const Level& level) {
      const size_t length = level.place_length;
      return level.folder.made && place.size() > length && place.substr(0, length) == std::string_view(top().place).substr(0, length) &&
             (length == 0 || place[length] == '/');
    };
    return std::any_of(folders_.begin(), folders_.end(), holds);
  }

 private:
  struct Level {
    OpenFolder folder;
    size_t path_length = 0, place_length = 0;
  };
  std::vector<Level> folders_;
};

}  // namespace sparekeep::agent
