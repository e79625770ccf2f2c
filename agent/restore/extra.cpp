#include "agent/restore/extra.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/restore/beneath.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

void ExtraRemover::remove_from(const std::string& path, const std::string& place, const std::set<std::string>& names) {
  if (names.empty() && is_mount(path, place)) return;
  const Result<std::vector<std::string>> standing = writer_.list(place);
  if (!standing) return note(standing.error(), path);
  const bool all_stays = left_out_.takes_all_else(names) || left_out_.has_tag(*standing);
  for (const std::string& name : *standing) {
    if (names.contains(name)) continue;
    if (all_stays) say_left_out(path_below(path, name));
    else remove(path_below(path, name), place_below(place, name));
  }
}

void ExtraRemover::remove(const std::string& path, const std::string& place) {
  if (keeps(path, place)) return;
  report_.change(path_below(options_.target, place), "removed");
  if (options_.check_only) return;
  if (const Result<void> removed = writer_.remove(place); !removed) report_.error(path, removed.error());
}

bool ExtraRemover::keeps(const std::string& path, const std::string& place) {
  const Reason reason = reason_to_stay(path, place);
  if (reason == Reason::left_out) say_left_out(path);
  if (reason == Reason::own) report_.passed_over(path);
  if (reason != Reason::none) return true;
  if (options_.snapshot_is_partial) say_nothing_removed("some source files could not be read for this snapshot, and what it lacks may stand here alone");
  else if (left_out_.is_unknown()) say_nothing_removed("files on its host (exclude_files) said what this snapshot lacks, and that may stand here alone");
  return options_.snapshot_is_partial || left_out_.is_unknown();
}

void ExtraRemover::note(const Error& error, const std::string& path) const {
  if (error.kind() != ErrorKind::not_found) report_.error(path, error);
}

// Nobody can say what is in it.
ExtraRemover::Reason ExtraRemover::unknown(const Error& error, const std::string& path) const {
  note(error, path);
  return Reason::excluded;
}

void ExtraRemover::say_left_out(const std::string& path) {
  if (!std::exchange(said_left_out_, true))
    report_.warning(in_quotes(path) + " was not removed, nor what else the backup was told to leave out: this snapshot does not hold it");
}

void ExtraRemover::say_nothing_removed(const std::string& why) {
  if (!std::exchange(warned_, true)) report_.warning("nothing was removed: " + why);
}

bool ExtraRemover::is_mount(const std::string& path, const std::string& place) const {
  const Result<bool> mounted = writer_.is_mounted(place);
  if (!mounted) note(mounted.error(), path);
  return !mounted || *mounted;
}

// A folder stays with what is excluded or left out in it, whether the snapshot holds it or not. Users nest folders as deep as they like: no recursion.
ExtraRemover::Reason ExtraRemover::reason_to_stay(const std::string& path, const std::string& place) const {
  if (is_or_holds_own(path, place)) return Reason::own;
  if (!selection_.excluded && !left_out_.any()) return Reason::none;
  std::vector<Found> left{{path, place}};
  while (!left.empty()) {
    const Found next = std::move(left.back());
    left.pop_back();
    if (const Reason reason = examine(next, left); reason != Reason::none) return reason;
  }
  return Reason::none;
}

bool ExtraRemover::is_or_holds_own(const std::string& path, const std::string& place) const {
  return selection_.is_own(path) || std::any_of(selection_.own.begin(), selection_.own.end(), [&](const std::string& own) {
    if (!path_is_within(own, path)) return false;
    const Result<std::optional<FileEntry>> standing = writer_.current(place_below(place, own.substr(path.size() + 1)));
    return standing ? standing->has_value() : standing.error().kind() != ErrorKind::not_found;
  });
}

ExtraRemover::Reason ExtraRemover::examine(const Found& found, std::vector<Found>& below) const {
  if (selection_.excluded && selection_.excluded(found.path)) return Reason::excluded;
  const Result<std::optional<FileEntry>> standing = writer_.current(found.place);
  if (!standing) return unknown(standing.error(), found.path);
  if (!*standing) return Reason::none;
  if (left_out_.fits(found.path, **standing)) return Reason::left_out;
  if ((*standing)->kind != FileKind::directory) return Reason::none;
  const Result<std::vector<std::string>> names = writer_.list(found.place);
  if (!names) return unknown(names.error(), found.path);
  if (left_out_.has_tag(*names)) return Reason::left_out;
  for (const std::string& name : *names) below.push_back({path_below(found.path, name), place_below(found.place, name)});
  return Reason::none;
}

}  // namespace sparekeep::agent
