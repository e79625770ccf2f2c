#include "installer/install/release.h"

#include <fcntl.h>

#include "installer/install/layout.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kPiece = 1 << 20;

ReleaseFile digest_file(const Path& source) {
  const Descriptor file(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw system_error("the program to install, " + in_quotes(source.native()), errno);
  Sha256 hash;
  ReleaseFile out{.source = source};
  Bytes piece(kPiece);
  while (true) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0) throw system_error("reading " + in_quotes(source.native()), errno);
    if (count == 0) break;
    hash.update(ByteSpan(piece).first(static_cast<size_t>(count)));
    out.size += static_cast<uint64_t>(count);
  }
  out.digest = hash.finish();
  return out;
}

}  // namespace

Release read_release(const Path& folder) {
  Release release;
  for (const std::string_view name : {kDaemonService.program, kAgentService.program, kSharedLibrary})
    release.files.emplace(name, digest_file(folder / name));
  return release;
}

}  // namespace sparekeep::central
