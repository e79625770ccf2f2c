#include "agent/source/pattern_file.h"

#include "lib/base/files.h"
#include "lib/base/path_glob.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string pattern_of(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('#')) return {};
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return std::string(line);
}

Result<std::string> text_of(const std::string& path) {
  std::error_code fault;
  const bool is_file = std::filesystem::is_regular_file(path, fault);      // nothing else is opened: a FIFO would be waited for
  if (fault == std::errc::no_such_file_or_directory || fault == std::errc::not_a_directory)
    return Error(ErrorKind::not_found, "no such exclude file: " + in_quotes(path) + "; nothing was backed up");
  if (!fault && !is_file) return Error(ErrorKind::usage, "exclude file " + in_quotes(path) + " is no regular file; nothing was backed up");
  Result<std::string> text = read_text(path, kPatternFileBytesMax);
  if (!text) return Error(text.error().kind(), "exclude file: " + text.error().text() + "; nothing was backed up");
  return text;
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

}  // namespace sparekeep::agent
