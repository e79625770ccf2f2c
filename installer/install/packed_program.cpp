#include "installer/install/packed_program.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>

#include "lib/archive/gzip.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kMark = "sparekeep program 1";
constexpr std::string_view kGlibcMark = "GLIBC_2.";
constexpr size_t kBeginning = 4096, kHeadMax = 512, kWords = 8;
constexpr uint64_t kPackedMax = 512ull << 20;
constexpr int kSmallest = 9;

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

std::string or_none(const std::string& word) { return word.empty() ? "-" : word; }
std::string from_word(const std::string& word) { return word == "-" ? "" : word; }

std::string comment_of(const ProgramFacts& facts, ByteSpan beginning) {
  return joined({std::string(kMark), std::to_string(facts.size), sha256(beginning).hex(), facts.digest.hex(), or_none(facts.architecture), or_none(facts.glibc)}, " ");
}

struct Opened {
  Descriptor file;
  struct stat status{};
};

std::optional<Opened> opened(const Path& path) {
  Opened out{.file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!out.file || ::fstat(out.file.get(), &out.status) != 0 || !S_ISREG(out.status.st_mode)) return std::nullopt;
  return out;
}

Result<Bytes> beginning_of(const Opened& at, size_t most) {
  return read_range(at.file.get(), 0, std::min<size_t>(most, static_cast<size_t>(at.status.st_size)));
}

bool is_older(const timespec& a, const timespec& b) { return std::pair(a.tv_sec, a.tv_nsec) < std::pair(b.tv_sec, b.tv_nsec); }

std::optional<ProgramFacts> facts_in(const std::optional<std::string>& comment) {
  if (!comment || !comment->starts_with(kMark)) return std::nullopt;
  const std::vector<std::string> words = split_text(*comment, ' ');
  const Result<Digest> digest = words.size() == kWords ? Digest::parse(words[5]) : Error(ErrorKind::corrupt, "");
  if (!digest) return std::nullopt;
  ProgramFacts facts{.digest = *digest, .architecture = from_word(words[6]), .glibc = from_word(words[7])};
  std::from_chars(words[3].data(), words[3].data() + words[3].size(), facts.size);
  return facts;
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

ProgramFacts facts_of_program(ByteSpan program) {
  return {.size = program.size(), .digest = sha256(program), .architecture = architecture_of(program), .glibc = glibc_of(program)};
}

Path packed_file(const Path& program) { return program.native() + ".gz"; }

Bytes pack_program(ByteSpan program) {
  const std::string comment = comment_of(facts_of_program(program), program.first(std::min(kBeginning, program.size())));
  return gzip(program, {.level = kSmallest, .comment = comment}).value();
}

std::optional<ProgramFacts> packed_facts(const Path& program) {
  const std::optional<Opened> source = opened(program), packed = opened(packed_file(program));
  if (!source || !packed || is_older(packed->status.st_mtim, source->status.st_mtim)) return std::nullopt;
  const Result<Bytes> beginning = beginning_of(*source, kBeginning), head = beginning_of(*packed, kHeadMax);
  if (!beginning || !head) return std::nullopt;
  const std::optional<std::string> comment = gzip_comment(*head);
  std::optional<ProgramFacts> facts = facts_in(comment);
  const bool same = facts && facts->size == static_cast<uint64_t>(source->status.st_size) && comment == comment_of(*facts, *beginning);
  return same ? facts : std::nullopt;
}

std::optional<Bytes> packed_bytes(const Path& program, const Digest& digest) {
  Result<Bytes> bytes = read_file(packed_file(program), kPackedMax);
  if (!bytes) return std::nullopt;
  const std::optional<ProgramFacts> facts = facts_in(gzip_comment(*bytes));
  if (!facts || facts->digest != digest) return std::nullopt;
  return std::move(*bytes);
}

}  // namespace sparekeep::central
