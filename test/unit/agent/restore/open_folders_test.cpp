// The folders that a restore is in: each has its path and place back when it is left, and what lies below one is found.
#include "agent/restore/open_folders.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

OpenFolder folder_at(const std::string& path, const std::string& place, bool made) {
  OpenFolder folder;
  folder.entry.file.path = path, folder.place = place, folder.made = made;
  return folder;
}

}  // namespace

TEST_CASE("folders come back as they went in, whatever was below them") {
  OpenFolders folders;
  folders.push(folder_at("/", "", false));
  folders.push(folder_at("/srv", "srv", false));
  folders.push(folder_at("/srv/a", "srv/a", true));
  folders.push(folder_at("/srv/a/b", "srv/a/b", true));
  CHECK(folders.top().place == "srv/a/b");
  CHECK(folders.pop().entry.file.path == "/srv/a/b");
  CHECK(folders.top().entry.file.path == "/srv/a");
  folders.push(folder_at("/srv/a/cc", "srv/a/cc", false));
  CHECK(folders.pop().place == "srv/a/cc");
  const OpenFolder left = folders.pop();
  CHECK((left.entry.file.path == "/srv/a" && left.place == "srv/a" && left.made));
  CHECK(folders.pop().place == "srv");
  CHECK(folders.pop().entry.file.path == "/");
  CHECK(folders.empty());
}

TEST_CASE("a place lies below a folder that was made, not beside it and not at it") {
  OpenFolders folders;
  CHECK_FALSE(folders.is_below_made("a"));
  folders.push(folder_at("/srv", "", false));
  folders.push(folder_at("/srv/a", "a", true));
  folders.push(folder_at("/srv/a/b", "a/b", false));
  CHECK(folders.is_below_made("a/b"));
  CHECK(folders.is_below_made("a/x"));
  CHECK(folders.is_below_made("a/b/c"));
  CHECK_FALSE(folders.is_below_made("a"));
  CHECK_FALSE(folders.is_below_made("ab/c"));
  CHECK_FALSE(folders.is_below_made("b"));
}
