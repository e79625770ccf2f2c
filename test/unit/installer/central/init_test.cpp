#include "installer/central/init.h"

#include <sys/stat.h>

#include <algorithm>

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

bool holds(const Path& folder, ByteSpan wanted) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const Bytes bytes = read_file(entry.path(), 64 << 20).value();
    if (std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("init makes a state that opens, with a delegation that the recovery file's root signed") {
  TestCentral made;
  const CentralState state = made.open();
  const RecoveryKeys recovery = made.recovery();
  CHECK(state.root() == recovery.root.public_key());
  CHECK(state.delegation().recovery == std::vector<RecipientKey>{recovery.recovery.recipient()});
  CHECK(state.delegation().escrow == state.escrow().recipient());
  CHECK(state.delegation().catalogue == state.catalogue_key().recipient());
  CHECK(state.delegation().master_signer == state.master_signer().public_key());
  CHECK(state.delegation().authority_pem == state.authority().certificate_pem());
  CHECK(state.delegation().has_admin(state.admin_key().public_key()));
  const MasterHistory masters(state.paths(), state.root());
  CHECK(masters.newest()->file.version() == MasterVersion{1, 1});
  CHECK(masters.newest()->file.systems.empty());
}

TEST_CASE("all of STATE is for its owner alone, and neither the root's nor the recovery key's private half is in it") {
  TestCentral made;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(made.state_path())) {
    struct stat facts {};
    REQUIRE(::stat(entry.path().c_str(), &facts) == 0);
    INFO(entry.path());
    CHECK((facts.st_mode & 077) == 0);
  }
  const RecoveryKeys recovery = made.recovery();
  for (const Secret* secret : {&recovery.root.seed(), &recovery.recovery.scalar()}) {
    CHECK_FALSE(holds(made.state_path(), secret->reveal()));
    CHECK_FALSE(holds(made.state_path(), as_bytes(to_hex(secret->reveal()))));
  }
  CHECK(holds(made.state_path(), made.open().escrow().scalar().reveal()));       // the search finds what is there
}

TEST_CASE("a second init changes nothing") {
  TestCentral made;
  const HostId before = made.open().id();
  try {
    init_central({.state = made.state_path(), .recovery_file = made.folder / "second", .admin_file = {}, .print_recovery = {}}, made.clock, made.random);
    FAIL("it went through");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::failed);
    CHECK(error.text() == "there is a central state in '" + made.state_path().string() + "' already; nothing was changed");
  }
  CHECK(made.open().id() == before);
  CHECK_FALSE(std::filesystem::exists(made.folder / "second"));
}

TEST_CASE("init refuses what it must not touch, and leaves nothing behind") {
  const TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random(1);
  const auto refusal = [&](const InitOptions& options) {
    try {
      init_central(options, clock, random);
    } catch (const Error& error) {
      return error;
    }
    return Error();
  };
  SECTION("without a terminal and without the option") {
    const Error error = refusal({.state = folder / "state", .recovery_file = {}, .admin_file = {}, .print_recovery = {}});
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.text() == "the recovery key can be printed on a terminal only; say --recovery-key FILE");
  }
  SECTION("a folder that holds something else") {
    make_folders(folder / "state").value();
    write_durably(folder / "state" / "precious", as_bytes("x")).value();
    const Error error = refusal({.state = folder / "state", .recovery_file = folder / "key", .admin_file = {}, .print_recovery = {}});
    CHECK(error.text() == "'" + (folder / "state").string() + "' is not empty and is no central state; nothing was changed");
    CHECK(std::filesystem::exists(folder / "state" / "precious"));
    CHECK_FALSE(std::filesystem::exists(folder / "key"));
    return;
  }
  SECTION("a recovery file that is there already; the admin's key is taken back") {
    write_durably(folder / "key", as_bytes("older")).value();
    const Error error = refusal({.state = folder / "state", .recovery_file = folder / "key", .admin_file = folder / "admin", .print_recovery = {}});
    CHECK(error.kind() == ErrorKind::exists);
    CHECK(read_text(folder / "key", 100).value() == "older");
    CHECK_FALSE(std::filesystem::exists(folder / "admin"));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "state"));
}

TEST_CASE("on a terminal the recovery key is printed once, and is the file's text") {
  const TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random(1);
  std::string printed;
  const InitOutcome outcome =
      init_central({.state = folder / "state", .recovery_file = {}, .admin_file = folder / "admin", .escrow = EscrowMode::offline,
                    .print_recovery = [&](std::string_view text) { printed += text; }}, clock, random);
  CHECK(read_recovery_text(printed).value().root.public_key() == outcome.root);
  const CentralState state = CentralState::open(folder / "state", {}, clock);
  CHECK(state.delegation().mode == EscrowMode::offline);
  CHECK(state.delegation().has_admin(state.admin_key().public_key()));
  CHECK_FALSE(std::filesystem::exists(state.paths().admin_key()));
  std::filesystem::remove(folder / "admin");
  CHECK_THROWS_AS(state.admin_key(), Error);
}

TEST_CASE("what an interrupted init left is swept by the next one") {
  const TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random(1);
  make_folders(folder / "state.init" / "keys").value();
  write_durably(folder / "state.init" / "keys" / "master.key", as_bytes("half")).value();
  init_central({.state = folder / "state", .recovery_file = folder / "key", .admin_file = {}, .print_recovery = {}}, clock, random);
  CHECK_FALSE(std::filesystem::exists(folder / "state.init"));
  CHECK(CentralState::open(folder / "state", {}, clock).master_signer().seed().size() == 32);
}

TEST_CASE("init goes on after one that was killed before its rename: the key files that it left belong to no state") {
  const TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random(1);
  const InitOptions options{.state = folder / "state", .recovery_file = folder / "key", .admin_file = folder / "admin", .print_recovery = {}};
  init_central(options, clock, random);
  std::filesystem::rename(folder / "state", folder / "state.init");       // as the kill leaves it
  SECTION("with all of them") {}
  SECTION("without the recovery file, which is written last") { std::filesystem::remove(folder / "key"); }
  const InitOutcome outcome = init_central(options, clock, random);
  CHECK(read_recovery_file(folder / "key").value().root.public_key() == outcome.root);
  CHECK(CentralState::open(folder / "state", {}, clock).admin_key().seed().size() == 32);
  CHECK_FALSE(std::filesystem::exists(folder / "state.init"));
}

TEST_CASE("key files of another central stay, whatever an interrupted init left beside them") {
  const TemporaryFolder folder;
  StandingClock clock;
  SeededRandom random(1);
  const InitOptions options{.state = folder / "state", .recovery_file = folder / "key", .admin_file = folder / "admin", .print_recovery = {}};
  init_central({.state = folder / "other", .recovery_file = folder / "other key", .admin_file = {}, .print_recovery = {}}, clock, random);
  init_central(options, clock, random);
  const std::string older = read_text(folder / "key", 10'000).value();
  std::filesystem::rename(folder / "other", folder / "other.init");       // cut short, but of other keys
  try {
    init_central({.state = folder / "other", .recovery_file = folder / "key", .admin_file = {}, .print_recovery = {}}, clock, random);
    FAIL("it went through");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::exists);
    CHECK(error.text() ==
          "'" + (folder / "key").string() + "' is there already and may belong to another central; name another file, or move it away");
  }
  CHECK(read_text(folder / "key", 10'000).value() == older);
}
