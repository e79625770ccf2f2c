#include "test/bench/micro/source_text.h"

#include <algorithm>
#include <filesystem>

#include "lib/base/files.h"
#include "lib/base/random.h"

namespace sparekeep {

namespace {

constexpr size_t kHeaderBytesMax = 1 << 20;

// The same on every run: by name.
Bytes read_headers() {
  std::vector<Path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("/usr/include"))
    if (entry.is_regular_file() && entry.file_size() < kHeaderBytesMax) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Bytes text;
  for (const Path& path : paths) {
    if (text.size() >= kSourceTextBytes) break;
    if (const Result<std::string> header = read_text(path, kHeaderBytesMax)) append(text, as_bytes(*header));
  }
  if (text.size() < kSourceTextBytes) throw Error(ErrorKind::failed, "'/usr/include' holds less than 16 MiB of headers; install the packages that a build needs");
  text.resize(kSourceTextBytes);
  return text;
}

Bytes make_random() {
  Bytes bytes(kSourceTextBytes);
  SeededRandom(1).fill(bytes);
  return bytes;
}

}  // namespace

const Bytes& source_text() {
  static const Bytes text = read_headers();
  return text;
}

const Bytes& random_bytes() {
  static const Bytes bytes = make_random();
  return bytes;
}

}  // namespace sparekeep
