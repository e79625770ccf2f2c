#include "lib/base/error.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sparekeep {

namespace {

ErrorKind kind_of(int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) return ErrorKind::no_space;
  if (error_number == EACCES || error_number == EPERM) return ErrorKind::denied;
  if (error_number == ENOENT || error_number == ENOTDIR) return ErrorKind::not_found;
  if (error_number == EEXIST) return ErrorKind::exists;
  if (error_number == ETIMEDOUT) return ErrorKind::timeout;
  return ErrorKind::failed;
}

}  // namespace

Error system_error(std::string_view context, int error_number) {
  const char* description = strerrordesc_np(error_number);
  std::string text = description ? description : "error " + std::to_string(error_number);
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return Error(kind_of(error_number), text).during(context);
}

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: this is a bug in sparekeep: '%s' does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace sparekeep
