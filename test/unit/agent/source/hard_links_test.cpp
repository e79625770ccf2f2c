// Which names are one file.
#include "agent/source/hard_links.h"

#include "lib/base/random.h"
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

TEST_CASE("files of many folders, whose other names come in any order, have the names that they had") {
  HardLinks links;
  std::vector<FileEntry> firsts;
  for (uint64_t number = 0; number < 5000; ++number) {
    FileEntry entry = named("/folder" + std::to_string(number / 7 % 100) + "/name" + std::to_string(number));
    if (number % 11 == 0) entry.path = "/" + std::string(200, 'n') + std::to_string(number);
    entry.inode = number, entry.device = number % 3, entry.links = 2 + number % 2, entry.size = number;
    links.resolve(entry);
    CHECK(entry.hard_link.empty());
    firsts.push_back(std::move(entry));
  }
  SeededRandom random(3);
  for (size_t left = firsts.size(); left > 0; --left) {
    std::swap(firsts[random.below(left)], firsts[left - 1]);
    const FileEntry& first = firsts[left - 1];
    for (uint64_t name = 1; name < first.links; ++name) {
      FileEntry other = first;
      other.path = "/other" + std::to_string(name) + first.path;
      links.resolve(other);
      REQUIRE(other.hard_link == first.path);
    }
    CHECK(links.waiting() == left - 1);
  }
}
