// Which entries of a snapshot a restore takes, and where each goes: at TARGET followed by its full original path; with a path (SNAPSHOT:PATH), what
// lies below PATH goes directly into TARGET, and so does PATH itself, under its last name, where it is no folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file_entry.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

using PathPredicate = std::function<bool(std::string_view path)>;

struct Selection {
  std::string path;                       // normal, or empty: everything
  PathPredicate included;                 // null: everything; asked of entries that are no folders
  PathPredicate excluded;                 // null: nothing
  std::vector<std::string> own;           // nothing of these, nor below them: what makes the target's host the one it is

  bool takes(std::string_view entry_path) const;
  bool chooses(std::string_view entry_path) const;         // the same, if nothing were its host's own
  bool is_own(std::string_view entry_path) const;
  bool passes_over(std::string_view entry_path) const { return !own.empty() && is_own(entry_path) && chooses(entry_path); }   // for that alone

  // Relative to the target, without a leading slash; "" is the target itself, for a folder only.
  std::string place_of(std::string_view entry_path, FileKind kind) const;
};

// Of a restore that took no entry: names what would have chosen them.
Error nothing_found(const RestoreOrder& order);

}  // namespace sparekeep::agent
