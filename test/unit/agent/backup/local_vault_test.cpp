// The vault of this host on its disk: made once, never a second time because something cannot be read.
#include "agent/backup/local_vault.h"

#include <fstream>

#include "test/support/catch.h"
#include "test/support/still_clock.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct World {
  Result<LocalVault> open_or_make() {
    const VaultRecipients recipients{{{RecipientRole::recovery, recovery.recipient()}, {RecipientRole::host, own.recipient()}}};
    return LocalVault::open_or_make(state.path(), host, recipients, clock, random);
  }
  size_t vaults() const { return list_folder(state / "vaults").value().size(); }
  TemporaryFolder state;
  StillClock clock;
  SeededRandom random{3};
  OpeningKey recovery = OpeningKey::make(random), own = OpeningKey::make(random);
  HostId host = random.id<HostId>();
};

void write_text(const Path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

}  // namespace

TEST_CASE("a vault is made once and found again") {
  World world;
  CHECK(LocalVault::open(world.state.path()).error().kind() == ErrorKind::not_found);
  const VaultId made = world.open_or_make().value().descriptor().vault;
  CHECK(world.open_or_make().value().descriptor().vault == made);
  CHECK(world.vaults() == 1);
}

TEST_CASE("a vault that has lost a file is named, and no second one is made") {
  for (const char* name : {"vault.key", "signer.key", "descriptor"}) {
    World world;
    const Path folder = world.open_or_make().value().folder();
    std::filesystem::remove(folder / name);
    const Result<LocalVault> opened = world.open_or_make();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind() == ErrorKind::corrupt);
    CHECK(opened.error().text().find("has lost a file") != std::string::npos);
    CHECK(world.vaults() == 1);
  }
}

TEST_CASE("a folder of vaults that cannot be listed is no host without a vault") {
  World world;
  world.open_or_make().value();
  std::filesystem::rename(world.state / "vaults", world.state / "elsewhere");
  std::filesystem::create_symlink("vaults", world.state / "vaults");       // ELOOP
  const Result<LocalVault> opened = world.open_or_make();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind() != ErrorKind::not_found);
}

TEST_CASE("the head is zero before the first record, then what was set, and never zero because it is damaged") {
  World world;
  LocalVault vault = world.open_or_make().value();
  CHECK(vault.head().value().sequence == 0);
  CHECK(std::filesystem::exists(vault.folder() / "head"));
  const Digest digest = sha256(as_bytes("record"));
  vault.set_head({7, digest}).value();
  CHECK(vault.head().value().sequence == 7);
  CHECK(vault.head().value().record == digest);
  const std::string whole = read_text(vault.folder() / "head", 1000).value();
  for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() - 1), whole + "x", whole.substr(16)}) {
    write_text(vault.folder() / "head", damaged);
    REQUIRE_FALSE(vault.head());
  }
  std::filesystem::remove(vault.folder() / "head");
  CHECK(vault.head().value().sequence == 0);               // of an earlier release, before its first backup
  write_text(vault.folder() / "job.snapshot", "any");
  REQUIRE_FALSE(vault.head());
  CHECK(vault.head().error().kind() == ErrorKind::corrupt);
  CHECK(vault.head().error().text().find("has lost a file") != std::string::npos);
  std::filesystem::create_directory(vault.folder() / "head");
  CHECK_FALSE(vault.head());
}
