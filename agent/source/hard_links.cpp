#include "agent/source/hard_links.h"

namespace sparekeep::agent {

void HardLinks::resolve(FileEntry& entry) {
  if (entry.links < 2 || entry.kind == FileKind::directory) return;
  const auto [first, is_new] = files_.try_emplace({entry.device, entry.inode}, First{entry.path, entry.links});
  if (!is_new) entry.hard_link = first->second.path;
  if (--first->second.names_left == 0) files_.erase(first);
}

}  // namespace sparekeep::agent
