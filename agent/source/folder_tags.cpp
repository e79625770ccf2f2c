#include "agent/source/folder_tags.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "agent/source/open_at.h"

namespace sparekeep::agent {

namespace {

// Of a regular file alone: a link may lead anywhere, and whoever follows it says something about another folder.
bool is_cache_tag(int folder) {
  struct stat facts {};
  if (::fstatat(folder, kCacheTagName, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) return false;
  const Descriptor file = open_for_reading(folder, kCacheTagName);
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  std::array<char, kCacheTagSignature.size()> begin;
  ssize_t got = -1;
  do got = ::pread(file.get(), begin.data(), begin.size(), 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(begin.size()) && std::string_view(begin.data(), begin.size()) == kCacheTagSignature;
}

}  // namespace

std::vector<std::string> tags_in(int folder, const NameList& names, const std::vector<std::string>& tags, bool caches) {
  std::vector<std::string> found;
  for (const std::string& tag : tags)
    if (names.has(tag)) found.push_back(tag);
  if (caches && names.has(kCacheTagName) && is_cache_tag(folder)) found.emplace_back(kCacheTagName);
  return found;
}

}  // namespace sparekeep::agent
