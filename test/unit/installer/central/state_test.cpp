#include "installer/central/state.h"

#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

Error refusal(const Path& folder, StandingClock& clock, Duration wait = {}) {
  try {
    CentralState::open(folder, wait, clock);
  } catch (const Error& error) {
    return error;
  }
  return Error();
}

}  // namespace

TEST_CASE("no state here says what to run") {
  const TemporaryFolder folder;
  StandingClock clock;
  const Error error = refusal(folder / "none", clock);
  CHECK(error.kind() == ErrorKind::no_state);
  CHECK(error.text() == "no central state in '" + (folder / "none").string() + "'; run sparekeep init");
}

TEST_CASE("a state is one command's at a time; another waits as long as it may") {
  TestCentral made;
  const Time before = made.clock.now();
  {
    const CentralState state = made.open();
    const Error error = refusal(made.state_path(), made.clock, std::chrono::seconds(2));
    CHECK(error.kind() == ErrorKind::busy);
    CHECK(error.text() == "another command holds the state in '" + made.state_path().string() + "'; --wait-lock 5m waits for it");
  }
  CHECK(made.clock.now() - before >= std::chrono::seconds(2));
  CHECK(refusal(made.state_path(), made.clock).text().empty());
}

TEST_CASE("a state of a newer program is refused") {
  TestCentral made;
  write_durably(made.state_path() / "format", as_bytes("sparekeep central 2\n")).value();
  CHECK(refusal(made.state_path(), made.clock).kind() == ErrorKind::unsupported);
}

TEST_CASE("a delegation by another root is refused: STATE pins it, too") {
  TestCentral made, other;
  std::filesystem::copy_file(other.state_path() / "delegation.bin", made.state_path() / "delegation.bin",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(refusal(made.state_path(), made.clock).text().empty());        // the same seed made the same root
  SeededRandom random(7);
  TemporaryFolder third;
  init_central({.state = third / "state", .recovery_file = third / "key", .admin_file = {}, .print_recovery = {}}, made.clock, random);
  std::filesystem::copy_file(third / "state" / "delegation.bin", made.state_path() / "delegation.bin",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(refusal(made.state_path(), made.clock).kind() == ErrorKind::denied);
}

TEST_CASE("an admin's key that the delegation does not name is denied") {
  TestCentral made;
  std::string text = read_text(made.state_path() / "admin.key", 4096).value();
  const size_t at = text.find("seed = \"") + 8;
  text[at] = text[at] == '0' ? '1' : '0';
  write_durably(made.state_path() / "admin.key", as_bytes(text)).value();
  CHECK_THROWS_WITH(made.open().admin_key(),
                    "'" + (made.state_path() / "admin.key").string() + "': the delegation does not name this key as an admin's");
}

TEST_CASE("a key of STATE that is gone or damaged is named with what helps") {
  TestCentral made;
  const Path key = made.state_path() / "keys/master.key";
  const std::string helps = "; put it back from a copy of STATE, it is nowhere else";
  write_durably(key, as_bytes("short")).value();
  CHECK(refusal(made.state_path(), made.clock).text() == "'" + key.string() + "': expected a key of 32 bytes" + helps);
  std::filesystem::remove(key);
  CHECK(refusal(made.state_path(), made.clock).text() == "opening '" + key.string() + "': no such file or directory" + helps);
}

TEST_CASE("each file of STATE that is gone or damaged is named with what helps") {
  for (const std::string name : {"delegation.bin", "root.pub", "identity", "ca/authority.pem", "ca/authority.key"})
    for (const bool gone : {true, false}) {
      TestCentral made;
      const Path file = made.state_path() / name;
      REQUIRE(std::filesystem::exists(file));
      if (gone) std::filesystem::remove(file);
      else write_durably(file, as_bytes("damaged")).value();
      const std::string said = refusal(made.state_path(), made.clock).text();
      INFO(name << ": " << said);
      CHECK(said.find(gone || !name.starts_with("ca/") ? file.string() : file.parent_path().string()) != std::string::npos);
      CHECK(said.find("; put it back from a copy of STATE") != std::string::npos);
    }
  TestCentral made;
  std::filesystem::remove(made.state_path() / "format");
  CHECK(refusal(made.state_path(), made.clock).text() == "'" + (made.state_path() / "format").string() + "' is missing; put it back from a copy of STATE");
}
