#include "agent/source/hard_links.h"

namespace sparekeep::agent {

void HardLinks::resolve(FileEntry& entry) {
  if (entry.links < 2 || entry.kind == FileKind::directory) return;
  const auto [first, is_new] = files_.try_emplace({entry.device, entry.inode}, entry);
  if (!is_new && first->second.fits(entry)) entry.hard_link = first->second.path;
  else if (!is_new) first->second = First(entry);
  if (--first->second.names_left == 0) files_.erase(first);
}

}  // namespace sparekeep::agent
