// The one compression that every host can undo without us: it has gzip.
#pragma once

#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace sparekeep {

struct GzipOptions {
  int level = 1;                         // 9: the smallest
  std::string_view comment = {};         // stands in the head; without NUL
};

Result<Bytes> gzip(ByteSpan bytes, const GzipOptions& options = {});

// The comment in a head of ours; none: there is none, or this is not how gzip() begins.
std::optional<std::string> gzip_comment(ByteSpan head);

}  // namespace sparekeep
