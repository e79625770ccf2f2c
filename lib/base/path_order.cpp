#include "lib/base/path_order.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

// A slash ends a component, so it is less than every byte that could go on with it. NUL does not occur in paths.
int weight(char byte) { return byte == '/' ? 0 : static_cast<unsigned char>(byte); }

// Where the first `length` bytes of both begin to differ, or `length`. Eight at a time: neighbours in an order share most of their paths.
size_t first_difference(const char* a, const char* b, size_t length) {
  size_t at = 0;
  for (uint64_t some = 0, others = 0; at + sizeof some <= length; at += sizeof some) {
    std::memcpy(&some, a + at, sizeof some);
    std::memcpy(&others, b + at, sizeof others);
    if (some != others) break;
  }
  while (at < length && a[at] == b[at]) ++at;
  return at;
}

}  // namespace

std::strong_ordering compare_paths(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  const size_t at = first_difference(a.data(), b.data(), shared);
  if (at < shared) return weight(a[at]) <=> weight(b[at]);
  return a.size() <=> b.size();
}

bool path_less(std::string_view a, std::string_view b) { return compare_paths(a, b) < 0; }

bool path_is_within(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder)) return false;
  return folder == "/" || path.size() == folder.size() || path[folder.size()] == '/';
}

std::string path_below(std::string_view folder, std::string_view name) {
  std::string path(folder == "/" ? "" : folder);
  path += '/';
  path += name;
  return path;
}

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash);
}

std::string_view path_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool path_is_normal(std::string_view path) {
  if (path == "/") return true;
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") return false;
    path.remove_prefix(name.size());
  }
  return true;
}

Result<std::string> normal_path(std::string_view path) {
  if (path.empty() || path[0] != '/') return Error(ErrorKind::usage, in_quotes(path) + " is not an absolute path");
  if (path.find('\0') != std::string_view::npos) return Error(ErrorKind::usage, in_quotes(path) + " holds a zero byte");
  std::string normal;
  for (const std::string& name : split_text(path, '/')) {
    if (name.empty() || name == ".") continue;
    if (name == "..") return Error(ErrorKind::usage, in_quotes(path) + " holds '..'; write the path without it");
    normal += '/';
    normal += name;
  }
  return normal.empty() ? std::string("/") : normal;
}

}  // namespace sparekeep
