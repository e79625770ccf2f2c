#include "agent/restore/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kPieceBytesMax = 3500;  // below PATH_MAX with one component (255) to spare
constexpr int kAgainMax = 100;           // EAGAIN: a rename elsewhere raced with the look-up of ".."-free paths; it passes

Descriptor open_piece(int folder, const std::string& piece, int flags, uint64_t resolve = 0) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve;
  long fd = -1;
  int again = 0;
  do fd = ::syscall(SYS_openat2, folder, piece.c_str(), &how, sizeof how);
  while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++again < kAgainMax);
  return Descriptor(static_cast<int>(fd));
}

// The first symlink on the way: the same for all that lies below it. The place itself where nobody can say, as behind a path that is too long.
std::string_view link_on_the_way(int target, std::string_view place) {
  for (size_t end = 0; end < place.size();) {
    end = std::min(place.find('/', end + 1), place.size());
    const Descriptor fd = open_piece(target, std::string(place.substr(0, end)), O_PATH | O_NOFOLLOW);
    struct stat facts {};
    if (fd && ::fstat(fd.get(), &facts) == 0 && S_ISLNK(facts.st_mode)) return place.substr(0, end);
  }
  return place;
}

Error beneath_error(int target, std::string_view place, int error_number) {
  if (error_number == ELOOP || error_number == EXDEV)
    return Error(ErrorKind::denied, in_quotes(link_on_the_way(target, place)) + kNotThroughIt);
  return system_error("opening " + in_quotes(place), error_number);
}

}  // namespace

bool place_is_normal(std::string_view place) { return place.empty() || (place[0] != '/' && path_is_normal("/" + std::string(place))); }

std::string_view place_parent(std::string_view place) {
  const size_t slash = place.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : place.substr(0, slash);
}

std::string_view place_name(std::string_view place) { return place.substr(place.rfind('/') + 1); }

std::string place_below(const std::string& place, const std::string& name) { return place.empty() ? name : place + "/" + name; }

Result<Descriptor> open_folder_beneath(int target, std::string_view place) {
  if (!place_is_normal(place)) return Error(ErrorKind::denied, in_quotes(place) + " is not a path below the target");
  std::string_view left = place;
  Descriptor folder;
  if (place.empty()) folder.reset(::openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (bool first = true; !left.empty() && (first || folder); first = false) {
    const size_t slash = left.size() > kPieceBytesMax ? left.rfind('/', kPieceBytesMax) : std::string_view::npos;
    const std::string piece(left.substr(0, slash));
    const bool last = piece.size() == left.size();
    // Without O_NOFOLLOW: RESOLVE_NO_SYMLINKS refuses a symlink by a name of its own, O_NOFOLLOW would call it "not a directory".
    folder = open_piece(first ? target : folder.get(), piece, O_DIRECTORY | (last ? O_RDONLY : O_PATH));
    left.remove_prefix(last ? piece.size() : piece.size() + 1);
  }
  if (!folder) return beneath_error(target, place, errno);
  return folder;
}

Descriptor open_name(int folder, std::string_view name, int flags) {
  return open_piece(folder, name.empty() ? "." : std::string(name), flags | O_NOFOLLOW);
}

Descriptor open_unmounted(int folder, std::string_view name, int flags) {
  Descriptor fd = open_piece(folder, name.empty() ? "." : std::string(name), flags | O_NOFOLLOW, RESOLVE_NO_XDEV);
  struct stat above {}, facts {};
  if (!fd || ::fstat(folder, &above) != 0 || ::fstat(fd.get(), &facts) != 0) return {};
  if (facts.st_dev != above.st_dev) return errno = EXDEV, Descriptor();   // a subvolume
  return fd;
}

}  // namespace sparekeep::agent
