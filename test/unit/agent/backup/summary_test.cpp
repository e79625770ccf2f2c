#include "agent/backup/summary.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

TEST_CASE("files are counted by kind, owner and extension, in whatever order they come") {
  const auto file = [](const char* path, uint64_t size, uint32_t uid = 0, const char* user = "root") {
    return FileEntry{.path = path, .uid = uid, .user = user, .group = "g", .size = size};
  };
  Summary summary;
  summary.count({.kind = FileKind::directory, .path = "/a", .user = "root", .group = "g"});
  for (const FileEntry& entry : {file("/a/1.c", 1), file("/a/2.c", 2), file("/a/3.h", 4), file("/a/4.c", 8), file("/a/.c", 16), file("/a/5", 32),
                                 file("/a/6.h", 64, 7, ""), file("/a/7.h", 128, 8, ""), file("/a/8.h", 256, 7, "seven"), file("/a/9.h", 512)})
    summary.count(entry);
  FileEntry link = file("/a/again.h", 512);
  link.hard_link = "/a/9.h";
  summary.count(link);
  SecondMetadata told;
  summary.write(told);
  CHECK(told.files == 12);
  CHECK(told.bytes == 1023);
  CHECK(summary.folders() == 1);
  CHECK(told.types.size() == 2);
  CHECK(told.types["regular"].files == 11);
  CHECK(told.types["directory"].files == 1);
  REQUIRE(told.extensions.size() == 3);
  CHECK(told.extensions[".c"].bytes == 11);
  CHECK(told.extensions[".h"].bytes == 964);
  CHECK(told.extensions[".h"].files == 6);
  CHECK(told.extensions[""].bytes == 48);
  REQUIRE(told.owners.size() == 4);
  CHECK(told.owners[0].user == "7");
  CHECK(told.owners[1].user == "8");
  CHECK(told.owners[2].user == "root");
  CHECK(told.owners[2].bytes == 575);
  CHECK(told.owners[3].user == "seven");
}
