#include "inventory/master/master_keeper.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/support/trust.h"

using namespace sparekeep;

TEST_CASE("the keeper takes what is newer, keeps it over a restart, and never goes back") {
  const TemporaryFolder folder;
  TestTrust trust;
  const StorageSystem system = trust.system("store1", "rack-a", 1 << 30);
  {
    const auto keeper = MasterKeeper::open(folder / "master.bin", trust.root.public_key()).value();
    CHECK(keeper->newest() == nullptr);
    CHECK(keeper->version() == MasterVersion{0, 0});
    CHECK(keeper->offer(trust.master(2, {system}).object).value());
    CHECK_FALSE(keeper->offer(trust.master(2, {system}).object).value());
    CHECK(keeper->offer(trust.master(5, {}).object).value());
  }
  const auto keeper = MasterKeeper::open(folder / "master.bin", trust.root.public_key()).value();
  CHECK(keeper->version() == MasterVersion{1, 5});
  const Error back = keeper->offer(trust.master(4, {system}).object).error();
  CHECK(back.kind() == ErrorKind::denied);
  CHECK(back.text() == "master file 1.4 is older than 1.5, which was seen already");
  const Error two = keeper->offer(trust.master(5, {system}).object).error();
  CHECK(two.kind() == ErrorKind::denied);
  CHECK(two.text() == "another master file 1.5 was seen already: somebody signs two of one version");
  CHECK(keeper->newest()->file.systems.empty());
}

TEST_CASE("a new epoch beats any number, and ends the old one") {
  const TemporaryFolder folder;
  const TestTrust old_epoch(1, 1), new_epoch(1, 2);
  const auto keeper = MasterKeeper::open(folder / "master.bin", old_epoch.root.public_key()).value();
  CHECK(keeper->offer(old_epoch.master(1'000'000, {}).object).value());
  CHECK(keeper->offer(new_epoch.master(1, {}).object).value());
  CHECK(keeper->offer(old_epoch.master(2'000'000, {}).object).error().kind() == ErrorKind::denied);
}

TEST_CASE("what does not verify changes nothing") {
  const TemporaryFolder folder;
  const TestTrust trust(1), thief(2);
  const auto keeper = MasterKeeper::open(folder / "master.bin", trust.root.public_key()).value();
  CHECK(keeper->offer(thief.master(9, {}).object).error().kind() == ErrorKind::denied);
  CHECK(keeper->offer(as_bytes("nonsense")).error().kind() == ErrorKind::corrupt);
  CHECK(keeper->newest() == nullptr);
  CHECK_FALSE(std::filesystem::exists(folder / "master.bin"));
}

TEST_CASE("a kept file that was altered is an error, not a new beginning") {
  const TemporaryFolder folder;
  const TestTrust trust;
  Bytes object = trust.master(3, {}).object;
  object.back() ^= 1;
  write_durably(folder / "master.bin", object).value();
  const Error error = MasterKeeper::open(folder / "master.bin", trust.root.public_key()).error();
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK(error.text() == "'" + (folder / "master.bin").string() + "': master file: its signature does not verify");
}
