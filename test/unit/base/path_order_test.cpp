#include "lib/base/path_order.h"

#include "test/support/catch.h"

#include <algorithm>
#include <vector>

using namespace sparekeep;

TEST_CASE("a folder is followed directly by all that lies below it") {
  const std::vector<std::string> ordered = {"/", "/a", "/a/\x01", "/a/z", "/a/z/z", "/a\x01", "/a\n", "/a.b", "/a0", "/b", "/b\xff"};
  std::vector<std::string> paths(ordered.rbegin(), ordered.rend());
  std::sort(paths.begin(), paths.end(), PathLess());
  CHECK(paths == ordered);
  CHECK_FALSE(path_less("/a", "/a"));
  CHECK((compare_paths("/a/b", "/a.b") < 0));
}

TEST_CASE("paths are compared at every length and place alike") {
  for (size_t length = 1; length < 40; ++length) {
    const std::string path = "/" + std::string(length, 'm');
    CHECK_FALSE(path_less(path, path));
    CHECK(path_less(path, path + "/a"));
    CHECK_FALSE(path_less(path + "/a", path));
    for (size_t at = 1; at <= length; ++at) {
      std::string less = path, slash = path, more = path;
      less[at] = 'l', slash[at] = '/', more[at] = '\xff';
      CHECK(path_less(less, path));
      CHECK(path_less(slash, less));
      CHECK(path_less(path, more));
      CHECK_FALSE(path_less(more, path));
    }
  }
}

TEST_CASE("what lies within a folder") {
  CHECK(path_is_within("/a/b", "/a"));
  CHECK(path_is_within("/a", "/a"));
  CHECK(path_is_within("/a", "/"));
  CHECK_FALSE(path_is_within("/ab", "/a"));
  CHECK_FALSE(path_is_within("/", "/a"));
}

TEST_CASE("paths are taken apart and put together") {
  CHECK(path_below("/", "b") == "/b");
  CHECK(path_below("/a", "b") == "/a/b");
  CHECK(parent_path("/a/b") == "/a");
  CHECK(parent_path("/a") == "/");
  CHECK(parent_path("/") == "/");
  CHECK(path_name("/a/b") == "b");
  CHECK(path_name("/") == "");
}

TEST_CASE("a path of others is normal or refused") {
  for (const char* good : {"/", "/a", "/a/..b", "/a/b.", "/-", "/\xff\n"}) CHECK(path_is_normal(good));
  for (const char* bad : {"", "a", "//", "/a/", "/a//b", "/.", "/a/..", "/../a", "/a/./b"}) CHECK_FALSE(path_is_normal(bad));
  CHECK_FALSE(path_is_normal(std::string_view("/a\0b", 4)));
}

TEST_CASE("a path that people wrote is made normal") {
  CHECK(normal_path("//srv/./www/").value() == "/srv/www");
  CHECK(normal_path("/").value() == "/");
  CHECK(normal_path("srv").error().text() == "'srv' is not an absolute path");
  CHECK(normal_path("").error().text() == "'' is not an absolute path");
  CHECK(normal_path("/srv/../etc").error().text() == "'/srv/../etc' holds '..'; write the path without it");
  CHECK(normal_path(std::string_view("/a\0b", 4)).error().text() == "'/a\\x00b' holds a zero byte");
}
