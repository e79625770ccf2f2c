#include "agent/source/roots.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/source/open_at.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

Error no_such_source(const std::string& root, const Error& why) {
  if (why.kind() == ErrorKind::not_found)
    return Error(ErrorKind::not_found, "no such source: " + in_quotes(root) + "; nothing was backed up");
  return Error(why.kind(), "source " + in_quotes(root) + ": " + why.text() + "; nothing was backed up");
}

Result<void> check_root(const std::string& root) {
  const Result<Descriptor> parent = open_parent(root);
  if (!parent) return no_such_source(root, parent.error());
  struct stat facts {};
  const std::string name(path_name(root));
  if (::fstatat(parent->get(), name.empty() ? "." : name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return no_such_source(root, system_error("examining", errno));
}

}  // namespace

Result<Roots> ordered_roots(const std::vector<std::string>& written) {
  Roots roots;
  for (const std::string& path : written) {
    Result<std::string> normal = normal_path(path);
    if (!normal) return normal.error();
    if (Result<void> there = check_root(*normal); !there) return there.error();
    roots.all.push_back(std::move(*normal));
  }
  std::sort(roots.all.begin(), roots.all.end(), PathLess());
  for (const std::string& path : roots.all)
    if (roots.walked.empty() || !path_is_within(path, roots.walked.back())) roots.walked.push_back(path);
  return roots;
}

}  // namespace sparekeep::agent
