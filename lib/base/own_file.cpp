#include "lib/base/own_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep {

Result<Descriptor> open_own_file(const Path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return system_error("opening " + in_quotes(path.native()), errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return system_error("reading " + in_quotes(path.native()), errno);
  if (!S_ISREG(facts.st_mode)) return Error(ErrorKind::corrupt, in_quotes(path.native()) + " is no regular file, as is expected");
  return file;
}

Result<Bytes> read_own_file(const Path& path, uint64_t bytes_max) {
  const Result<Descriptor> file = open_own_file(path);
  if (!file) return file.error();
  struct stat facts {};
  if (::fstat(file->get(), &facts) != 0) return system_error("reading " + in_quotes(path.native()), errno);
  if (static_cast<uint64_t>(facts.st_size) > bytes_max)
    return Error(ErrorKind::corrupt, in_quotes(path.native()) + " is larger than " + std::to_string(bytes_max) + " bytes");
  return during("reading " + in_quotes(path.native()), read_range(file->get(), 0, static_cast<size_t>(facts.st_size)));
}

}  // namespace sparekeep
