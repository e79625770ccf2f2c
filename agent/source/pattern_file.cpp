#include "agent/source/pattern_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/files.h"
#include "lib/base/path_glob.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::agent {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string pattern_of(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('#')) return {};
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return std::string(line);
}

Error refused(const std::string& path, const std::string& why) {
  return Error(ErrorKind::usage, "exclude file " + in_quotes(path) + " is " + why + "; nothing was backed up");
}

// Opened before it is looked at, and so that nothing is waited for: whoever writes its folder may put a FIFO there at any time.
Result<std::string> text_of(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR))
    return Error(ErrorKind::not_found, "no such exclude file: " + in_quotes(path) + "; nothing was backed up");
  if (!file && errno == ENXIO) return refused(path, "no regular file");
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0) {
    const Error why = system_error("opening", errno);
    return Error(why.kind(), "exclude file " + in_quotes(path) + ": " + why.text() + "; nothing was backed up");
  }
  if (!S_ISREG(facts.st_mode)) return refused(path, "no regular file");
  if (static_cast<uint64_t>(facts.st_size) > kPatternFileBytesMax) return refused(path, "over " + format_size(kPatternFileBytesMax) + " long");
  Result<Bytes> bytes = read_range(file.get(), 0, static_cast<size_t>(facts.st_size));
  if (!bytes) return Error(bytes.error().kind(), "exclude file " + in_quotes(path) + ": " + bytes.error().text() + "; nothing was backed up");
  return std::string(as_text(*bytes));
}

bool others_write(const struct stat& facts) {
  const bool ours = facts.st_uid == 0 || facts.st_uid == ::geteuid();
  return !ours || (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

}  // namespace

Result<std::vector<std::string>> read_patterns(const std::string& path) {
  const Result<std::string> text = text_of(path);
  if (!text) return text.error();
  std::vector<std::string> patterns;
  size_t number = 0;
  for (const std::string& line : split_text(text->starts_with(kByteOrderMark) ? text->substr(kByteOrderMark.size()) : *text, '\n')) {
    ++number;
    std::string pattern = pattern_of(line);
    if (pattern.empty()) continue;
    if (!PathGlob::parse({pattern}))
      return Error(ErrorKind::usage, in_quotes(path) + ":" + std::to_string(number) +
                                         ": the pattern names nothing, or has '[' without ']' in one name; nothing was backed up");
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

std::optional<std::string> pattern_file_warning(const std::string& path) {
  struct stat file {}, folder {};
  const std::string above = Path(path).parent_path().native();
  if (::stat(path.c_str(), &file) != 0 || ::stat(above.c_str(), &folder) != 0) return std::nullopt;
  const bool exchanged = others_write(folder) && (folder.st_mode & S_ISVTX) == 0;
  if (!exchanged && !others_write(file)) return std::nullopt;
  return "exclude file " + in_quotes(path) + (exchanged ? " lies in a folder that" : "") +
         " others than root and this agent's user can write: they decide what is backed up; chown root and chmod go-w are expected";
}

}  // namespace sparekeep::agent
