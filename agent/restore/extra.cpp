#include "agent/restore/extra.h"

#include <vector>

#include "agent/restore/beneath.h"
#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

struct Found {
  std::string path, place;
};

}  // namespace

void ExtraRemover::remove_from(const std::string& path, const std::string& place, const std::set<std::string>& names) {
  if (names.empty() && is_mount(place)) return;
  const Result<std::vector<std::string>> standing = writer_.list(place);
  if (!standing) return;
  for (const std::string& name : *standing)
    if (!names.contains(name)) remove(path_below(path, name), place_below(place, name));
}

void ExtraRemover::remove(const std::string& path, const std::string& place) {
  if (holds_excluded(path, place)) return;
  if (!partial_) {
    report_.change(path, "removed");
    if (check_only_) return;
    if (const Result<void> removed = writer_.remove(place); !removed) report_.error(path, removed.error());
  } else if (!warned_) {
    warned_ = true;
    report_.warning("nothing was removed: some source files could not be read for this snapshot, and what it lacks may stand here alone");
  }
}

bool ExtraRemover::is_folder(const std::string& place) const {
  const Result<std::optional<FileEntry>> standing = writer_.current(place);
  return standing && *standing && (*standing)->kind == FileKind::directory;
}

bool ExtraRemover::is_mount(const std::string& place) const {
  if (place.empty()) return false;
  const Result<std::optional<FileEntry>> here = writer_.current(place), above = writer_.current(place_parent(place));
  return here && *here && above && *above && (*here)->device != (*above)->device;
}

// A folder stays with what --exclude names in it, whether the snapshot holds it or not. Users nest folders as deep as they like: no recursion.
bool ExtraRemover::holds_excluded(const std::string& path, const std::string& place) const {
  if (!selection_.excluded) return false;
  std::vector<Found> left{{path, place}};
  while (!left.empty()) {
    const Found next = std::move(left.back());
    left.pop_back();
    if (selection_.excluded(next.path)) return true;
    if (!is_folder(next.place)) continue;
    const Result<std::vector<std::string>> names = writer_.list(next.place);
    if (!names) return true;
    for (const std::string& name : *names) left.push_back({path_below(next.path, name), place_below(next.place, name)});
  }
  return false;
}

}  // namespace sparekeep::agent
