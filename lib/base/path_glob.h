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

enum class PathChoice {
  take,
  look_inside,  // of a folder that is left out: something below it can be turned round
  leave,
};

class PathGlob {
 public:
  PathGlob() = default;  // fits nothing
  static Result<PathGlob> parse(const std::vector<std::string>& patterns);  // usage: an empty pattern, or a class without end

  // `path` is absolute, without a slash at its end.
  bool matches(std::string_view path, bool is_folder) const;

  // The same for a walk that leaves out what matches. Only what can fit something below a folder makes it be looked into: "!/srv/keep" costs
  // nothing in /srv/cache, "!*.keep" does.
  PathChoice choice(std::string_view path, bool is_folder) const;

  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::vector<std::string> names;  // "**" is any number of names
    bool negated = false;
    bool folders_only = false;
    bool fits(const std::vector<std::string_view>& path, bool is_folder) const;
    bool can_fit_below(const std::vector<std::string_view>& folder) const;
  };
  using Patterns = std::vector<Pattern>;
  static Pattern parse_one(std::string_view text);
  Patterns::const_reverse_iterator deciding(const std::vector<std::string_view>& path, bool is_folder) const;   // rend(): none fits

  Patterns patterns_;
};

}  // namespace sparekeep
