#include "daemon/shards/standing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace sparekeep::daemon {

namespace {

constexpr int kDamages[] = {EIO, EUCLEAN, EBADMSG, ELOOP};        // the middle ones are a file system's: damaged, and a wrong checksum

Error corrupt_standing(std::string_view context, const char* why) { return Error(ErrorKind::corrupt, why).during(context); }

// A link that leads nowhere is no file; of what has gone just now nobody knows what comes in its place.
Error missing(int folder, const Path& path, std::string_view context) {
  struct stat facts {};
  if (::fstatat(folder, path.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) return corrupt_standing(context, "it leads nowhere");
  return standing_error(context, errno);
}

Result<uint64_t> size_of(int file, uint64_t bytes_max, std::string_view context) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return standing_error(context, errno);
  if (!S_ISREG(facts.st_mode)) return corrupt_standing(context, "it is no file");
  if (static_cast<uint64_t>(facts.st_size) > bytes_max) return corrupt_standing(context, "it is too long");
  return static_cast<uint64_t>(facts.st_size);
}

Result<Bytes> read_whole(int file, size_t size, std::string_view context) {
  Bytes bytes(size);
  for (size_t have = 0; have < size;) {
    const ssize_t got = ::pread(file, bytes.data() + have, size - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return standing_error(context, errno);
    if (got == 0) return corrupt_standing(context, "it is cut short");
    have += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

Error standing_error(std::string_view context, int error_number) {
  const bool damaged = std::find(std::begin(kDamages), std::end(kDamages), error_number) != std::end(kDamages);
  return Error(damaged ? ErrorKind::corrupt : ErrorKind::failed, system_error(context, error_number).text());
}

Result<Bytes> read_standing(int folder, const Path& path, uint64_t bytes_max, std::string_view context) {
  struct stat facts {};
  if (::fstatat(folder, path.c_str(), &facts, 0) != 0) return errno == ENOENT ? missing(folder, path, context) : standing_error(context, errno);
  if (!S_ISREG(facts.st_mode)) return corrupt_standing(context, "it is no file");
  const Descriptor file(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return standing_error(context, errno);
  const Result<uint64_t> size = size_of(file.get(), bytes_max, context);
  if (!size) return size.error();
  return read_whole(file.get(), *size, context);
}

}  // namespace sparekeep::daemon
