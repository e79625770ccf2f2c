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

TEST_CASE("a kept file that was damaged is taken anew, and nothing goes back: neither version nor file") {
  const TestTrust trust;
  const StorageSystem system = TestTrust(7).system("store1", "rack-a", 1 << 30);
  const Bytes whole = trust.master(3, {}).object;
  Bytes flipped = whole, cut = whole, without_head = whole;
  flipped.back() ^= 1, cut.resize(100);
  for (size_t at = 0; at < 200; ++at) without_head[at] ^= 1;
  for (const Bytes& damaged : {flipped, cut, without_head, Bytes(), Bytes(kMasterSizeMax + 1, 'x')}) {
    const TemporaryFolder folder;
    const Path file = folder / "master.bin";
    REQUIRE(MasterKeeper::open(file, trust.root.public_key()).value()->offer(whole).value());
    write_durably(file, damaged).value();
    const auto keeper = MasterKeeper::open(file, trust.root.public_key()).value();
    CHECK(keeper->newest() == nullptr);
    CHECK(keeper->version() == MasterVersion{});
    CHECK(keeper->offer(trust.master(2, {}).object).error().text() == "master file 1.2 is older than 1.3, which was seen already");
    CHECK(keeper->offer(trust.master(3, {system}).object).error().kind() == ErrorKind::denied);
    CHECK(read_file(file, kMasterSizeMax + 1).value() == damaged);
    CHECK(keeper->offer(whole).value());
    CHECK(keeper->version() == MasterVersion{1, 3});
    CHECK(read_file(folder / "master.bin.lost-1", kMasterSizeMax + 1).value() == damaged);
    CHECK(MasterKeeper::open(file, trust.root.public_key()).value()->version() == MasterVersion{1, 3});
  }
}

TEST_CASE("a file of a release that noted no version is noted, and one of another root says nothing of this one") {
  const TemporaryFolder folder;
  const TestTrust trust, other(2);
  const Path file = folder / "master.bin";
  write_durably(file, trust.master(3, {}).object).value();
  MasterKeeper::open(file, trust.root.public_key()).value()->note_seen();
  std::filesystem::remove(file);
  CHECK(MasterKeeper::open(file, trust.root.public_key()).value()->offer(trust.master(2, {}).object).error().kind() == ErrorKind::denied);
  CHECK(MasterKeeper::open(file, other.root.public_key()).value()->offer(other.master(1, {}).object).value());
}

TEST_CASE("a kept file that cannot be read says nothing of what is in it") {
  const TemporaryFolder folder;
  const TestTrust trust;
  std::filesystem::create_symlink("master.bin", folder / "master.bin");
  CHECK(MasterKeeper::open(folder / "master.bin", trust.root.public_key()).has_error());
}
