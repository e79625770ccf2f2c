#include "lib/base/file_entry.h"

namespace sparekeep {

std::string_view to_text(FileKind kind) {
  switch (kind) {
    case FileKind::regular: return "regular";
    case FileKind::directory: return "directory";
    case FileKind::symlink: return "symlink";
    case FileKind::fifo: return "fifo";
    case FileKind::socket: return "socket";
    case FileKind::character_device: return "character_device";
    case FileKind::block_device: return "block_device";
  }
  return "unknown";
}

uint64_t stored_size(const FileEntry& entry) {
  if (entry.kind != FileKind::regular) return 0;
  if (entry.data_extents.empty()) return entry.size;
  uint64_t bytes = 0;
  for (const FileExtent& extent : entry.data_extents) bytes += extent.length;
  return bytes;
}

bool valid_extents(const std::vector<FileExtent>& extents, uint64_t size) {
  uint64_t end = 0;
  for (const FileExtent& extent : extents) {
    if (extent.offset < end || extent.offset > size || extent.length > size - extent.offset) return false;
    end = extent.offset + extent.length;
  }
  return true;
}

bool looks_unchanged(const FileEntry& now, const FileEntry& earlier) {
  return now.kind == earlier.kind && now.size == earlier.size && now.mtime == earlier.mtime && now.ctime == earlier.ctime &&
         now.inode == earlier.inode;
}

}  // namespace sparekeep
