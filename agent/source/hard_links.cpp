#include "agent/source/hard_links.h"

namespace sparekeep::agent {

namespace {

bool may_have_names(const FileEntry& entry) { return entry.links > 1 && entry.kind != FileKind::directory; }

}  // namespace

std::string HardLinks::first_name(const FileEntry& entry) const {
  if (!may_have_names(entry)) return {};
  const auto first = files_.find({entry.device, entry.inode});
  return first != files_.end() && first->second.fits(entry) ? first->second.path : std::string();
}

void HardLinks::count(const FileEntry& entry) {
  if (!may_have_names(entry)) return;
  const auto [first, is_new] = files_.try_emplace({entry.device, entry.inode}, entry);
  if (!is_new && entry.hard_link.empty()) first->second = First(entry);
  if (--first->second.names_left == 0) files_.erase(first);
}

}  // namespace sparekeep::agent
