// The programs that a release brings to hosts: read and digested once a command.
#pragma once

#include <map>

#include "lib/base/files.h"
#include "lib/crypt/digest.h"

namespace sparekeep::central {

struct ReleaseFile {
  Path source;
  uint64_t size = 0;
  Digest digest;
};

struct Release {
  std::map<std::string, ReleaseFile> files;      // by name: sparekeepd, sparekeep-agent, libisal.so.2
};

Release read_release(const Path& folder);        // throws failed: a program is missing

}  // namespace sparekeep::central
