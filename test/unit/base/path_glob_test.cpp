#include "lib/base/path_glob.h"

#include <fstream>

#include "lib/base/text.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

struct Case {
  std::vector<std::string> patterns;
  std::string path;  // with a slash at its end: a folder
  bool fits;
};

const std::vector<Case> kCases = {
    {{"/srv/www/cache"}, "/srv/www/cache", true},
    {{"/srv/www/cache"}, "/srv/www/cache/a/b", true},
    {{"/srv/www/cache"}, "/srv/www/cached", false},
    {{"/srv/www/cache"}, "/data/srv/www/cache", false},
    {{"**/*.tmp"}, "/a.tmp", true},
    {{"**/*.tmp"}, "/srv/x/y.tmp", true},
    {{"**/*.tmp"}, "/srv/x/y.tmpl", false},
    {{"*.tmp"}, "/srv/x/y.tmp", true},
    {{"*.tmp"}, "/srv/dir.tmp/file", true},
    {{"cache/x"}, "/a/cache/x/y", true},
    {{"cache/x"}, "/a/cache/y/x", false},
    {{"cache/"}, "/a/cache", false},
    {{"cache/"}, "/a/cache/", true},
    {{"cache/"}, "/a/cache/x", true},
    {{"/srv/www/**"}, "/srv/www", false},
    {{"/srv/www/**"}, "/srv/www/a", true},
    {{"/srv/www/**"}, "/srv/www/a/b/c", true},
    {{"/srv/**/cache/*.o"}, "/srv/cache/a.o", true},
    {{"/srv/**/cache/*.o"}, "/srv/a/cache/b/cache/a.o", true},
    {{"/srv/**/cache/*.o"}, "/srv/a/cache/b/a.o", false},
    {{"/srv/*"}, "/srv/a", true},
    {{"/srv/*/b"}, "/srv/a/c/b", false},
    {{"/srv/?"}, "/srv/\xc3\xbc", true},
    {{"/srv/?"}, "/srv/ab", false},
    {{"/log/[0-9][!a-c]"}, "/log/7d", true},
    {{"/log/[0-9][!a-c]"}, "/log/7b", false},
    {{"/a\\[b"}, "/a[b", true},
    {{"/a[]b]c"}, "/a]c", true},
    {{"/a\\*"}, "/a*", true},
    {{"/a\\*"}, "/ab", false},
    {{"\\!x"}, "/!x", true},
    {{"/srv", "!/srv/keep"}, "/srv/x", true},
    {{"/srv", "!/srv/keep"}, "/srv/keep/x", false},
    {{"/srv", "!/srv/keep", "*.tmp"}, "/srv/keep/x.tmp", true},
    {{"!/srv/keep", "/srv"}, "/srv/keep", true},
    {{"**"}, "/", false},
    {{"**"}, "/a", true},
    {{"/"}, "/a", false},
    {{}, "/a", false},
};

}  // namespace

TEST_CASE("which paths a list of patterns means") {
  for (const Case& one : kCases) {
    const bool is_folder = one.path.ends_with('/');
    const std::string path = is_folder && one.path.size() > 1 ? one.path.substr(0, one.path.size() - 1) : one.path;
    const Result<PathGlob> glob = PathGlob::parse(one.patterns);
    INFO("path " << one.path << ", first pattern " << (one.patterns.empty() ? "none" : one.patterns[0]));
    if (one.patterns == std::vector<std::string>{"/"}) {
      CHECK(glob.has_error());
      continue;
    }
    REQUIRE(glob);
    CHECK(glob->matches(path, is_folder) == one.fits);
  }
}

TEST_CASE("a pattern that names nothing is refused") {
  CHECK(PathGlob::parse({"/srv", "!"}).error().text() == "pattern '!' names nothing");
  CHECK(PathGlob::parse({""}).error().text() == "pattern '' names nothing");
}

TEST_CASE("a class without its end is refused") {
  const std::string why = " has '[' without ']' in one name; \"\\[\" is the character itself";
  for (const std::string text : {"[a", "/srv/[", "/a[b/c]", "a[]", "!x[!]", "[a-z]/[b"}) {
    const Result<PathGlob> glob = PathGlob::parse({text});
    REQUIRE_FALSE(glob);
    CHECK(glob.error().text() == "pattern '" + text + "'" + why);
  }
}

TEST_CASE("a walk need not enter what nothing turns round") {
  const auto choice = [](const std::vector<std::string>& patterns, std::string_view folder) { return PathGlob::parse(patterns)->choice(folder, true); };
  CHECK(choice({"/srv/cache"}, "/srv/cache") == PathChoice::leave);
  CHECK(choice({"/srv/cache", "!*.keep"}, "/srv/cache") == PathChoice::look_inside);
  CHECK(choice({"!*.keep", "/srv/cache"}, "/srv/cache") == PathChoice::leave);
  CHECK(choice({"/srv/cache/*"}, "/srv/cache") == PathChoice::take);
  CHECK(choice({"/srv/cache", "!/srv/keep"}, "/srv/cache") == PathChoice::leave);
  CHECK(choice({"/srv/cache", "!/srv/cache/a/b"}, "/srv/cache/a") == PathChoice::look_inside);
  CHECK(choice({"/srv/cache", "!/srv/cache/a/b"}, "/srv/cache/b") == PathChoice::leave);
  CHECK(choice({"/srv/cache", "!/srv/*/a/**/b"}, "/srv/cache/a/c") == PathChoice::look_inside);
  CHECK(choice({"/srv/cache", "!/srv/*/a/**"}, "/srv/cache/a") == PathChoice::look_inside);
  CHECK(choice({"/srv/cache", "!cache/a"}, "/srv/cache/x/y") == PathChoice::look_inside);
  CHECK(PathGlob::parse({"/srv/cache", "!*.keep"})->choice("/srv/cache", false) == PathChoice::leave);
}

namespace {

// As a walk comes to it: through every folder above.
bool is_taken(const PathGlob& glob, const std::string& path, bool is_folder) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (glob.choice(path.substr(0, slash), true) == PathChoice::leave) return false;
  return glob.choice(path, is_folder) == PathChoice::take;
}

// The texts between backticks.
std::vector<std::string> quoted(const std::string& cell) {
  std::vector<std::string> texts = split_text(cell, '`');
  for (size_t i = 0; i < texts.size(); ++i) texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(i));
  return texts;
}

}  // namespace

TEST_CASE("the table of the manual is what the code does") {
  std::ifstream manual("docs/manual.md");
  std::string line;
  while (std::getline(manual, line) && !line.starts_with("| `exclude`, in this order |")) {
  }
  REQUIRE(std::getline(manual, line));
  size_t rows = 0, left_out = 0;
  for (; std::getline(manual, line) && line.starts_with("| "); ++rows) {
    INFO(line);
    const std::vector<std::string> cells = split_text(line, '|');
    REQUIRE(cells.size() == 5);
    std::string path = quoted(cells[2]).at(0);
    const bool is_folder = path.ends_with('/'), taken = cells[3] == " backed up ";
    if (is_folder) path.pop_back();
    REQUIRE((taken || cells[3] == " left out "));
    CHECK(is_taken(PathGlob::parse(quoted(cells[1])).value(), path, is_folder) == taken);
    left_out += taken ? 0 : 1;
  }
  CHECK(rows > 30);
  CHECK(left_out > 10);
  CHECK(rows - left_out > 10);
}

TEST_CASE("many stars do not take for ever") {
  std::string stars = "/";
  for (int i = 0; i < 60; ++i) stars += "a*";
  CHECK_FALSE(PathGlob::parse({stars + "b"})->matches("/" + std::string(5000, 'a'), false));
  std::string folders;
  for (int i = 0; i < 60; ++i) folders += "/**/a";
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "/a";
  CHECK_FALSE(PathGlob::parse({folders + "/b"})->matches(deep, false));
}
