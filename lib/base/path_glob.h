// Which paths a list of exclude or include patterns means. The last pattern that fits decides; `!` in front turns it round.
//
//   *  ?  [a-z]  [!a-z]   within one name; a backslash takes the next character as it is
//   **                    any number of names; at the end at least one
//   /srv/cache            anchored: from the root on. Without a leading slash a pattern fits at every depth
//   cache/                folders only
// A pattern that fits a folder fits everything below it. Bytes are compared; ? takes one UTF-8 character.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep {

class PathGlob {
 public:
  PathGlob() = default;  // fits nothing
  static Result<PathGlob> parse(const std::vector<std::string>& patterns);  // usage: an empty pattern, or a class without end

  // `path` is absolute, without a slash at its end.
  bool matches(std::string_view path, bool is_folder) const;

  // True where the folder matches and nothing below it can be turned round: a walk need not enter it.
  bool covers(std::string_view folder) const { return !has_negation_ && matches(folder, true); }

  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::vector<std::string> names;  // "**" is any number of names
    bool negated = false;
    bool folders_only = false;
    bool fits(const std::vector<std::string_view>& path, bool is_folder) const;
  };
  static Pattern parse_one(std::string_view text);

  std::vector<Pattern> patterns_;
  bool has_negation_ = false;
};

}  // namespace sparekeep
