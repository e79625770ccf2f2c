#include "agent/restore/left_out.h"

#include <algorithm>

#include "agent/source/folder_tags.h"

namespace sparekeep::agent {

bool LeftOutRules::fits(std::string_view path, const FileEntry& standing) const {
  if (patterns_.matches(path, standing.kind == FileKind::directory)) return true;
  return said_.exclude_larger_than > 0 && standing.kind == FileKind::regular && standing.size > said_.exclude_larger_than;
}

bool LeftOutRules::has_tag(const std::vector<std::string>& names) const {
  const std::vector<std::string>& tags = said_.exclude_if_present;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return (said_.exclude_caches && name == kCacheTagName) || std::find(tags.begin(), tags.end(), name) != tags.end();
  });
}

bool LeftOutRules::takes_all_else(const std::set<std::string>& names) const {
  return (said_.one_file_system && names.empty()) || has_tag({names.begin(), names.end()});
}

}  // namespace sparekeep::agent
