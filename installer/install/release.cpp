#include "installer/install/release.h"

#include <algorithm>
#include <charconv>

#include "installer/install/layout.h"
#include "lib/archive/gzip.h"
#include "lib/base/text.h"
#include "lib/wire/version.h"

namespace sparekeep::central {

namespace {

constexpr uint64_t kProgramMax = 512ull << 20;
constexpr std::string_view kGlibcMark = "GLIBC_2.";

Bytes read_program(const Path& source) { return during("the program to install", read_file(source, kProgramMax)).value(); }

std::string architecture_of(ByteSpan program) {
  constexpr size_t kMachineAt = 18;
  constexpr uint8_t kX86 = 62, kArm = 183;
  if (program.size() <= kMachineAt || !as_text(program).starts_with("\x7f""ELF")) return "";
  if (program[kMachineAt] == kX86) return "x86_64";
  return program[kMachineAt] == kArm ? "aarch64" : "";
}

// A program names each version of the C library that it needs something of in its table of strings: NUL, "GLIBC_2.34", NUL.
std::string glibc_of(ByteSpan program) {
  const std::string_view text = as_text(program);
  std::string newest;
  for (size_t at = text.find(kGlibcMark); at != std::string_view::npos; at = text.find(kGlibcMark, at + 1)) {
    const size_t begin = at + std::string_view("GLIBC_").size(), end = text.find_first_not_of("0123456789.", begin);
    if (at == 0 || text[at - 1] != 0 || end == std::string_view::npos || text[end] != 0) continue;
    const std::string version(text.substr(begin, end - begin));
    if (newest.empty() || is_older_version(newest, version)) newest = version;
  }
  return newest;
}

}  // namespace

bool is_older_version(const std::string& a, const std::string& b) {
  const auto numbers = [](const std::string& version) {
    std::vector<int> out;
    for (const std::string& part : split_text(version, '.')) {
      int number = 0;
      std::from_chars(part.data(), part.data() + part.size(), number);
      out.push_back(number);
    }
    return out;
  };
  return numbers(a) < numbers(b);
}

std::string release_id(std::string_view version, const std::map<std::string, ReleaseFile>& files) {
  constexpr size_t kDigitsOfDigest = 12;
  std::string text;
  for (const auto& [name, file] : files) text += name + " " + file.digest.hex() + "\n";
  return std::string(version) + "-" + sha256(as_bytes(text)).hex().substr(0, kDigitsOfDigest);
}

Release read_release(const Path& folder) {
  Release release;
  for (const std::string_view name : {kDaemonService.program, kAgentService.program, kSharedLibrary}) {
    const Path source = folder / name;
    const Bytes program = read_program(source);
    release.files[std::string(name)] = {.source = source, .size = program.size(), .digest = sha256(program)};
    if (name == kSharedLibrary) continue;
    release.architecture = architecture_of(program);
    const std::string glibc = glibc_of(program);
    if (release.glibc.empty() || is_older_version(release.glibc, glibc)) release.glibc = glibc;
  }
  release.id = release_id(kProgramVersion, release.files);
  return release;
}

const Bytes& PackedRelease::packed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = packed_.find(name);
  if (found != packed_.end()) return found->second;
  return packed_.emplace(name, during("packing " + name, gzip(read_program(release_.files.at(name).source))).value()).first->second;
}

}  // namespace sparekeep::central
