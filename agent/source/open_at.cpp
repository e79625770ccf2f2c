#include "agent/source/open_at.h"

#include <fcntl.h>

#include <cerrno>

#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kPieceBytesMax = 3500;  // below PATH_MAX with one component (255) to spare

// The longest beginning of `path` that ends between two components and is short enough for one call.
std::string_view first_piece(std::string_view path) {
  if (path.size() <= kPieceBytesMax) return path;
  const size_t slash = path.rfind('/', kPieceBytesMax);
  return path.substr(0, slash == std::string_view::npos || slash == 0 ? path.find('/', 1) : slash);
}

}  // namespace

Descriptor open_for_reading(int folder, const char* name, int flags) {
  Descriptor fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags));
  // Only afterwards: an agent that is not root would be refused nearly every file, and had to look each name up twice.
  if (fd) static_cast<void>(::fcntl(fd.get(), F_SETFL, O_NONBLOCK | O_NOATIME));
  return fd;
}

Descriptor open_path_only(int folder, const char* name) { return Descriptor(::openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)); }

Result<Descriptor> open_parent(std::string_view path) {
  std::string_view left = parent_path(path);
  Descriptor folder(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (folder && left.size() > 1) {
    const std::string_view piece = first_piece(left);
    folder.reset(::openat(folder.get(), std::string(piece.substr(1)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    left.remove_prefix(piece.size());
  }
  if (!folder) return system_error("opening its folder", errno);
  return folder;
}

}  // namespace sparekeep::agent
