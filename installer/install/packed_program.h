// A program as it travels to hosts, compressed when it was built: "sparekeepd.gz" beside "sparekeepd", whose comment says which program it
// is of. It stands for that program as long as its size and its beginning, where the linker puts the build id, are the same and it is not
// the newer file; else it counts as not there.
#pragma once

#include <optional>

#include "lib/base/files.h"
#include "lib/crypt/digest.h"

namespace sparekeep::central {

struct ProgramFacts {
  uint64_t size = 0;
  Digest digest;
  std::string architecture = {};                 // as uname says; empty: not known
  std::string glibc = {};                        // the version it needs at least: "2.36"; empty: none

  bool operator==(const ProgramFacts&) const = default;
};

ProgramFacts facts_of_program(ByteSpan program);
Path packed_file(const Path& program);
Bytes pack_program(ByteSpan program);            // throws failed

std::optional<ProgramFacts> packed_facts(const Path& program);
// As it travels, where what lies beside the program is of this one.
std::optional<Bytes> packed_bytes(const Path& program, const Digest& digest);

// By numbers: "2.4" is before "2.36".
bool is_older_version(const std::string& a, const std::string& b);

}  // namespace sparekeep::central
