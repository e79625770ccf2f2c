// What is noted about the programs of a release: they are read once, and again when they are others.
#include "installer/install/release.h"

#include "lib/base/clock.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct Programs {
  Programs() {
    for (const char* name : {"sparekeepd", "sparekeep-agent", "libisal.so.2"}) put(name, std::string("\x7f") + "ELF of " + name);
  }
  void put(const std::string& name, const std::string& text) const { write_durably(folder.path() / name, as_bytes(text)).value(); }
  Release read(Duration later = std::chrono::hours(1)) const { return read_release(folder.path(), known, system_clock().now() + later); }

  TemporaryFolder folder;
  Path known = folder.path() / "known";
};

}  // namespace

TEST_CASE("programs that are noted are not read again, and are the same release") {
  const Programs programs;
  const Release first = programs.read();
  REQUIRE(std::filesystem::exists(programs.known));
  std::string noted = read_text(programs.known, 4096).value();
  CHECK(programs.read().id == first.id);

  const std::string digest = first.files.at("sparekeepd").digest.hex();      // only whoever believes the note says what it says
  noted.replace(noted.find(digest), digest.size(), std::string(digest.size(), 'a'));
  write_durably(programs.known, as_bytes(noted)).value();
  CHECK(programs.read().files.at("sparekeepd").digest.hex() == std::string(digest.size(), 'a'));
  CHECK(programs.read().files.at("sparekeepd").size == first.files.at("sparekeepd").size);
}

TEST_CASE("another program of the same size, and a note that is none, are seen") {
  const Programs programs;
  const Release first = programs.read();
  programs.put("sparekeepd", std::string("\x7f") + "ELF OF sparekeepd");
  const Release second = programs.read();
  CHECK(second.id != first.id);
  CHECK(second.files.at("sparekeepd").size == first.files.at("sparekeepd").size);
  for (const std::string text : {"", "sparekeep release 1\n", "sparekeep release 2\nfor x 1\n", "\n\n sparekeepd x\n"}) {
    write_durably(programs.known, as_bytes(text)).value();
    CHECK(programs.read().id == second.id);
  }
}

TEST_CASE("a program that was written just now is not noted yet, since it may still change") {
  const Programs programs;
  programs.read(Duration(0));
  CHECK(!std::filesystem::exists(programs.known));
}

TEST_CASE("a program that is missing is said, noted or not") {
  const Programs programs;
  programs.read();
  std::filesystem::remove(programs.folder.path() / "sparekeep-agent");
  CHECK_THROWS_AS(programs.read(), Error);
}
