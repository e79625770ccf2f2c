#include "installer/install/release.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "installer/install/layout.h"
#include "installer/install/packed_program.h"
#include "lib/archive/gzip.h"
#include "lib/base/text.h"
#include "lib/wire/version.h"

namespace sparekeep::central {

namespace {

constexpr uint64_t kProgramMax = 512ull << 20;
Bytes read_program(const Path& source) { return during("the program to install", read_file(source, kProgramMax)).value(); }

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

struct ReadRelease {
  Release release = {};
  bool was_read = false;                          // at least one program, from its beginning to its end
};

ReadRelease release_in(const Path& folder) {
  ReadRelease out;
  Release& release = out.release;
  for (const std::string& name : program_names()) {
    const Path source = folder / name;
    std::optional<ProgramFacts> facts = packed_facts(source);
    if (!facts) facts = facts_of_program(read_program(source)), out.was_read = true;
    release.files[name] = {.source = source, .size = facts->size, .digest = facts->digest};
    if (name == kSharedLibrary) continue;
    release.architecture = facts->architecture;
    if (release.glibc.empty() || is_older_version(release.glibc, facts->glibc)) release.glibc = facts->glibc;
  }
  release.id = release_id(kProgramVersion, release.files);
  return out;
}

}  // namespace

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
  auto [release, was_read] = release_in(folder);
  if (settled && was_read) static_cast<void>(write_durably(known, as_bytes(known_text(release, stamps)), {.mode = 0600}));   // what cannot be noted is read again
  return std::move(release);
}

const Bytes& PackedRelease::packed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = packed_.find(name);
  if (found != packed_.end()) return found->second;
  const ReleaseFile& file = release_.files.at(name);
  std::optional<Bytes> bytes = packed_bytes(file.source, file.digest);
  if (!bytes) bytes = during("packing " + name, gzip(read_program(file.source))).value();
  return packed_.emplace(name, std::move(*bytes)).first->second;
}

}  // namespace sparekeep::central
