#include "installer/central/lost_catalogue.h"

#include <filesystem>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

std::string text_of(const Path& file) { return read_text(file, 100).value(); }
Path beside(const StatePaths& paths, std::string_view ending) { return paths.catalogue().native() + std::string(ending); }
void write(const Path& file, std::string_view text) { write_durably(file, as_bytes(text), {.mode = 0600}).value(); }

}  // namespace

TEST_CASE("a catalogue that is there is not lost") {
  const TemporaryFolder folder;
  const StatePaths paths(folder.path());
  write(paths.catalogue(), "SQLite");
  CHECK_FALSE(catalogue_was_lost(paths));
  CHECK(text_of(paths.catalogue()) == "SQLite");
}

TEST_CASE("what is left of a lost catalogue is moved aside together, each time to a place of its own") {
  const TemporaryFolder folder;
  const StatePaths paths(folder.path());
  CHECK(catalogue_was_lost(paths));                                     // nothing is there, nothing to move
  CHECK(list_folder(folder.path()).value().empty());
  write(beside(paths, "-wal"), "log");                                  // the database was deleted, its log was not
  CHECK(catalogue_was_lost(paths));
  CHECK(text_of(beside(paths, ".lost-1-wal")) == "log");
  write(paths.catalogue(), "");
  write(beside(paths, "-wal"), "later log");
  write(beside(paths, "-shm"), "index");
  CHECK(catalogue_was_lost(paths));
  CHECK(text_of(beside(paths, ".lost-2")).empty());
  CHECK(text_of(beside(paths, ".lost-2-wal")) == "later log");
  CHECK(text_of(beside(paths, ".lost-2-shm")) == "index");
  CHECK(text_of(beside(paths, ".lost-1-wal")) == "log");
  CHECK(list_folder(folder.path()).value().size() == 4);
}

TEST_CASE("a catalogue that cannot be looked at is not taken for lost, and nothing of it is touched") {
  const TemporaryFolder folder;
  const StatePaths paths(folder.path());
  std::filesystem::create_symlink(paths.catalogue().filename(), paths.catalogue());    // a circle of links: any error but ENOENT
  write(beside(paths, "-wal"), "log");
  try {
    catalogue_was_lost(paths);
    FAIL("it was taken for lost");
  } catch (const Error& error) {
    CHECK(error.text() == "looking at the catalogue '" + paths.catalogue().string() + "'; nothing was changed: too many levels of symbolic links");
  }
  CHECK(std::filesystem::is_symlink(paths.catalogue()));
  CHECK(text_of(beside(paths, "-wal")) == "log");
}
