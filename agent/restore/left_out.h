// Does what stands below the target and not in the snapshot look like what the backup was told to leave out? It has no other copy then.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file_entry.h"
#include "lib/base/path_glob.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

class LeftOutRules {
 public:
  explicit LeftOutRules(const LeftOut& said) : said_(said), patterns_(PathGlob::parse(said.exclude).value()) {}

  bool fits(std::string_view path, const FileEntry& standing) const;
  bool has_tag(const std::vector<std::string>& names) const;          // of a folder; a cache tag by its name alone

  // Of a folder of the snapshot that has these names there: was all else in it left out? A mount point, too, is a folder without any.
  bool takes_all_else(const std::set<std::string>& names) const;

  bool any() const { return !patterns_.empty() || !said_.exclude_if_present.empty() || said_.exclude_caches || said_.exclude_larger_than > 0; }
  bool is_unknown() const { return said_.exclude_files; }             // what else was left out

 private:
  const LeftOut said_;
  const PathGlob patterns_;
};

}  // namespace sparekeep::agent
