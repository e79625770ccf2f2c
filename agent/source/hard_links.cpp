#include "agent/source/hard_links.h"

#include <algorithm>

#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kNamesBytesMax = 1 << 20;   // of one Folder: what has been met of it goes the sooner

bool may_have_names(const FileEntry& entry) { return entry.links > 1 && entry.kind != FileKind::directory; }

}  // namespace

// Chance alone can make two states the same, one in 2^64, and only of an inode that was given out again.
uint64_t HardLinks::state_of(const FileEntry& entry) {
  uint64_t state = static_cast<uint64_t>(entry.kind);
  for (const uint64_t part : {entry.size, static_cast<uint64_t>(entry.mtime.seconds), uint64_t{entry.mtime.nanoseconds},
                              static_cast<uint64_t>(entry.ctime.seconds), uint64_t{entry.ctime.nanoseconds}}) {
    state = (state ^ part) * 0x9e3779b97f4a7c15U;
    state ^= state >> 29;
  }
  return state;
}

std::string HardLinks::first_name(const FileEntry& entry) const {
  if (!may_have_names(entry)) return {};
  const auto first = files_.find({entry.device, entry.inode});
  if (first == files_.end() || first->second.state != state_of(entry)) return {};
  const Folder& folder = folders_[first->second.folder];
  return path_below(folder.path, folder.names.c_str() + first->second.name);
}

void HardLinks::count(const FileEntry& entry) {
  if (!may_have_names(entry)) return;
  const auto [first, is_new] = files_.try_emplace({entry.device, entry.inode});
  if (!is_new && entry.hard_link.empty()) forget_name(first->second);
  if (is_new || entry.hard_link.empty()) first->second = remembered(entry);
  if (--first->second.names_left > 0) return;
  forget_name(first->second);
  files_.erase(first);
}

HardLinks::First HardLinks::remembered(const FileEntry& entry) {
  First first{.state = state_of(entry), .folder = folder_of(parent_path(entry.path))};
  Folder& folder = folders_[first.folder];
  first.name = static_cast<uint32_t>(folder.names.size());
  first.names_left = static_cast<uint32_t>(std::min<uint64_t>(entry.links, UINT32_MAX));
  folder.names.append(path_name(entry.path)) += '\0';
  ++folder.waiting;
  return first;
}

// The one that the last name went to, where it is the same: a walk stays in a folder for a while.
uint32_t HardLinks::folder_of(std::string_view path) {
  if (last_ < folders_.size() && folders_[last_].waiting > 0 && folders_[last_].path == path && folders_[last_].names.size() < kNamesBytesMax) return last_;
  if (unused_.empty()) {
    unused_.push_back(static_cast<uint32_t>(folders_.size()));
    folders_.emplace_back();
  }
  last_ = unused_.back();
  unused_.pop_back();
  folders_[last_].path = path;
  return last_;
}

void HardLinks::forget_name(const First& first) {
  if (--folders_[first.folder].waiting > 0) return;
  folders_[first.folder] = {};
  unused_.push_back(first.folder);
}

}  // namespace sparekeep::agent
