// The one order of paths: of the walk, of the stream of contents and of the manifest. Paths are compared component by
// component, each component as unsigned bytes; so a folder comes first and is followed directly by all that lies below it:
//   /a   /a/z   /a.b   /a0
// Paths are absolute and normal (no empty component, no "." or "..", no slash at the end; the root folder is "/").
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

std::strong_ordering compare_paths(std::string_view a, std::string_view b);
bool path_less(std::string_view a, std::string_view b);

struct PathLess {                                                     // for std::map, std::sort
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return path_less(a, b); }
};

// Is `path` equal to `folder` or below it?
bool path_is_within(std::string_view path, std::string_view folder);

// "/a" + "b" = "/a/b"; "/" + "b" = "/b".
std::string path_below(std::string_view folder, std::string_view name);

// The folder that a path lies in ("/" for "/a" and for "/"), and its last component ("" for "/").
std::string_view parent_path(std::string_view path);
std::string_view path_name(std::string_view path);

// Is it absolute and normal, without NUL? What a manifest of others must be held to.
bool path_is_normal(std::string_view path);

// The normal form of an absolute path that people wrote: "//srv/./www/" is "/srv/www". usage for a relative or empty path, for
// ".." (what it means would depend on symlinks) and for NUL.
Result<std::string> normal_path(std::string_view path);

}  // namespace sparekeep
