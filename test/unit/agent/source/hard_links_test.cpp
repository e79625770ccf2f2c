// Which names are one file.
#include "agent/source/hard_links.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

FileEntry named(const std::string& path) {
  FileEntry entry;
  entry.path = path, entry.size = 10, entry.mtime = {5, 0}, entry.ctime = {6, 0};
  entry.inode = 7, entry.device = 1, entry.links = 3;
  return entry;
}

}  // namespace

TEST_CASE("names of one file name the first of them, until all have been met") {
  HardLinks links;
  FileEntry first = named("/a"), second = named("/b"), third = named("/c");
  for (FileEntry* entry : {&first, &second, &third}) links.resolve(*entry);
  CHECK(first.hard_link.empty());
  CHECK(second.hard_link == "/a");
  CHECK(third.hard_link == "/a");
  CHECK(links.waiting() == 0);
}

TEST_CASE("an inode that was given out again, or whose file has changed, is no link to what it was") {
  HardLinks links;
  FileEntry first = named("/a"), other = named("/b"), same = named("/c");
  other.ctime = same.ctime = {8, 0};
  for (FileEntry* entry : {&first, &other, &same}) links.resolve(*entry);
  CHECK(other.hard_link.empty());
  CHECK(same.hard_link == "/b");
}
