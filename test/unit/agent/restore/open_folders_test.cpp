// The folders that a restore is in: each has its path and place back when it is left, and what lies below one is found. What they take while they wait.
#include "agent/restore/open_folders.h"

#include "agent/restore/waiting_steps.h"
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

TEST_CASE("folders that wait with all that the snapshot holds in them are soon too many") {
  WaitingSteps waiting;
  size_t folders = 0;
  for (; !waiting.too_many() && folders < 1000; ++folders) {
    OpenFolder folder = folder_at("/srv/" + std::to_string(folders), std::to_string(folders), false);
    for (int name = 0; name < 1000; ++name) folder.add_name(std::to_string(folders) + " is where a name of some length stands, number " + std::to_string(name));
    waiting.add(std::move(folder));
  }
  CHECK(folders > 20);
  CHECK(folders < 200);                                // 8 MiB
  while (waiting.next(0)) --folders;
  CHECK(folders == 0);
  CHECK_FALSE(waiting.too_many());
}
