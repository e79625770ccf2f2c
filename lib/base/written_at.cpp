#include "lib/base/written_at.h"

#include <sys/stat.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep {

Result<Time> written_at(const Path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return system_error("reading " + in_quotes(path.native()), errno);
  return Time{facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

}  // namespace sparekeep
