// The programs that a release brings to hosts. What they are stands in what lies compressed beside them (packed_program.h); where that is
// not so, they are read and digested once, and compressed when the first host lacks one.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/crypt/digest.h"

namespace sparekeep::central {

struct ReleaseFile {
  Path source;
  uint64_t size = 0;
  Digest digest;
};

struct Release {
  std::string id = {};                           // version and digest: "0.1.0-1f0c9a3b5d7e"; a folder's name
  std::map<std::string, ReleaseFile> files;      // by name: sparekeepd, sparekeep-agent, libisal.so.2
  std::string architecture = {};                 // that it was built for, as uname says; empty: not known
  std::string glibc = {};                        // the version it needs at least: "2.36"
};

// Of one version and digests always the same.
std::string release_id(std::string_view version, const std::map<std::string, ReleaseFile>& files);

// Throws failed: a program is missing. What the programs are is noted in the file `known`: as long as they are the same files, last changed
// at the same moments, they are not read again.
Release read_release(const Path& folder, const Path& known, Time now);

// Its files as they travel; thread safe.
class PackedRelease {
 public:
  explicit PackedRelease(const Release& release) : release_(release) {}
  const Bytes& packed(const std::string& name);  // gzip; throws failed

 private:
  const Release& release_;
  std::mutex mutex_;
  std::map<std::string, Bytes> packed_;
};

}  // namespace sparekeep::central
