#include "agent/restore/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/restore/file_writer.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

std::string name_of(pid_t maker) { return std::string(kRestoreTemporaryPrefix) + std::to_string(maker) + "-0"; }

pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("leftovers are told from the work of others") {
  const TemporaryFolder folder;
  const Descriptor at(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string dead = name_of(dead_process()), living = name_of(1);
  SECTION("a file that nobody locks") {
    write_durably(folder / living, as_bytes("x")).value();
    CHECK(is_leftover(at.get(), living));
    const Descriptor writer(::open((folder / living).c_str(), O_RDWR | O_CLOEXEC));
    lock_temporary(writer.get());
    CHECK_FALSE(is_leftover(at.get(), living));
  }
  SECTION("a link or pipe whose maker is gone") {
    for (const std::string& name : {dead, living}) {
      REQUIRE(::symlinkat("/etc", at.get(), name.c_str()) == 0);
      CHECK(is_leftover(at.get(), name) == (name == dead));
      REQUIRE(::unlinkat(at.get(), name.c_str(), 0) == 0);
      REQUIRE(::mkfifoat(at.get(), name.c_str(), 0600) == 0);
      CHECK(is_leftover(at.get(), name) == (name == dead));
    }
  }
  SECTION("no folder, no other name, nothing that is not there") {
    make_folders(folder / dead).value();
    CHECK_FALSE(is_leftover(at.get(), dead));
    for (const std::string& name : {std::string("file"), dead + "x", dead + "-1", std::string(".sk-restore-"), std::string(".sk-restore--1-1")}) {
      write_durably(folder / name, as_bytes("x")).value();
      CHECK_FALSE(is_leftover(at.get(), name));
    }
    CHECK_FALSE(is_leftover(at.get(), living));
  }
}

TEST_CASE("any number of leftovers under the very names that a writer takes makes way") {
  const TemporaryFolder target;
  for (int i = 0; i < 300; ++i)
    write_durably(target / (std::string(kRestoreTemporaryPrefix) + std::to_string(::gettid()) + "-" + std::to_string(i)), as_bytes("left")).value();
  AccountNames names;
  FileWriter writer = FileWriter::open(target.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  CHECK(writer.leftovers("").value().size() == 300);
  FileEntry entry;
  entry.mode = 0600, entry.uid = ::geteuid(), entry.gid = ::getegid();
  PendingFile file = writer.begin_file("file", entry).value();
  CHECK(writer.leftovers("").value().size() == 299);   // not the one that is being written
  file.commit().value();
  CHECK(read_text(target / "file", 10).value().empty());
}
