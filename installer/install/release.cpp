#include "installer/install/release.h"

#include <sys/stat.h>

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

// A file that was changed just now may change again within the same tick of the clock.
constexpr Duration kSettled = std::chrono::seconds(5);
constexpr std::string_view kKnownFormat = "sparekeep release 1";
constexpr uint64_t kKnownMax = 4096;

struct Stamp {
  std::string text;                               // which file, and when it was changed last
  bool settled = false;
};

Stamp stamp_of(const Path& source, Time now) {
  struct stat status{};
  if (::stat(source.c_str(), &status) != 0) return {};
  const Time changed{status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
  std::vector<std::string> numbers;
  for (const auto number : {int64_t(status.st_dev), int64_t(status.st_ino), int64_t(status.st_size), int64_t(status.st_mtim.tv_sec), int64_t(status.st_mtim.tv_nsec),
                            int64_t(status.st_ctim.tv_sec), int64_t(status.st_ctim.tv_nsec)})
    numbers.push_back(std::to_string(number));
  return {joined(numbers, "."), changed + kSettled < now};
}

std::vector<std::string> program_names() { return {std::string(kDaemonService.program), std::string(kAgentService.program), std::string(kSharedLibrary)}; }

std::string known_text(const Release& release, const std::map<std::string, std::string>& stamps) {
  std::string text = std::string(kKnownFormat) + "\nfor " + release.architecture + " " + release.glibc + "\n";
  for (const auto& [name, file] : release.files)
    text += name + " " + stamps.at(name) + " " + std::to_string(file.size) + " " + file.digest.hex() + "\n";
  return text;
}

// None where a file is another one than noted, or nothing is noted that can be read.
std::optional<Release> known_release(const Path& folder, const Path& known, const std::map<std::string, std::string>& stamps) {
  const Result<std::string> text = read_text(known, kKnownMax);
  if (!text) return std::nullopt;
  Release release;
  const std::vector<std::string> lines = split_text(*text, '\n');
  if (lines.size() < 2 || lines[0] != kKnownFormat || !lines[1].starts_with("for ")) return std::nullopt;
  for (const std::string& line : lines) {
    const std::vector<std::string> words = split_text(line, ' ');
    if (words.size() == 3 && words[0] == "for") release.architecture = words[1], release.glibc = words[2];
    const auto stamp = words.size() == 4 ? stamps.find(words[0]) : stamps.end();
    if (stamp == stamps.end() || stamp->second.empty() || words[1] != stamp->second) continue;
    const Result<Digest> digest = Digest::parse(words[3]);
    uint64_t size = 0;
    std::from_chars(words[2].data(), words[2].data() + words[2].size(), size);
    if (digest) release.files[words[0]] = {.source = folder / words[0], .size = size, .digest = *digest};
  }
  if (release.files.size() != stamps.size()) return std::nullopt;
  release.id = release_id(kProgramVersion, release.files);
  return release;
}

Release digested_release(const Path& folder) {
  Release release;
  for (const std::string& name : program_names()) {
    const Path source = folder / name;
    const Bytes program = read_program(source);
    release.files[name] = {.source = source, .size = program.size(), .digest = sha256(program)};
    if (name == kSharedLibrary) continue;
    release.architecture = architecture_of(program);
    const std::string glibc = glibc_of(program);
    if (release.glibc.empty() || is_older_version(release.glibc, glibc)) release.glibc = glibc;
  }
  release.id = release_id(kProgramVersion, release.files);
  return release;
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

Release read_release(const Path& folder, const Path& known, Time now) {
  std::map<std::string, std::string> stamps;
  bool settled = true;
  for (const std::string& name : program_names()) {
    const Stamp stamp = stamp_of(folder / name, now);
    stamps[name] = stamp.text;
    settled = settled && stamp.settled;
  }
  if (std::optional<Release> release = known_release(folder, known, stamps)) return std::move(*release);
  Release release = digested_release(folder);
  if (settled) static_cast<void>(write_durably(known, as_bytes(known_text(release, stamps)), {.mode = 0600}));   // what cannot be noted is read again
  return release;
}

const Bytes& PackedRelease::packed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = packed_.find(name);
  if (found != packed_.end()) return found->second;
  return packed_.emplace(name, during("packing " + name, gzip(read_program(release_.files.at(name).source))).value()).first->second;
}

}  // namespace sparekeep::central
