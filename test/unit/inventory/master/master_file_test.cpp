#include "inventory/master/master_file.h"
#include "test/support/catch.h"
#include "test/support/golden.h"
#include "test/support/trust.h"

using namespace sparekeep;

namespace {

constexpr uint64_t kGiB = 1 << 30;

MasterCopy full_master(TestTrust& trust) {
  MasterFile file = trust.master(7, {trust.system("store1", "rack-a", 5 * kGiB), trust.system("store2", "rack-b", 9 * kGiB)}).file;
  file.before = sha256(as_bytes("the one before"));
  file.writers = {{.vault = trust.random.id<VaultId>(), .host = trust.random.id<HostId>()}};
  file.revoked = {"0badcafe"};
  return sign_master_file(std::move(file), trust.signer);
}

}  // namespace

TEST_CASE("a master file comes back as it went, and its bytes are the golden ones") {
  TestTrust trust;
  const MasterCopy made = full_master(trust);
  const MasterCopy back = read_master_file(made.object, trust.root.public_key()).value();
  CHECK(back.file.systems == made.file.systems);
  CHECK(back.file.writers == made.file.writers);
  CHECK(back.file.version() == MasterVersion{1, 7});
  CHECK(back.file.before == made.file.before);
  CHECK(back.file.delegation == trust.delegation);
  CHECK(back.digest == made.digest);
  CHECK(back.file.signature == made.file.signature);
  CHECK(golden_difference("master_file", made.object) == "");
  CHECK(read_master_file(golden_bytes("master_file"), trust.root.public_key()).value().file.systems == made.file.systems);
}

TEST_CASE("a master file answers who is in it") {
  TestTrust trust;
  const MasterCopy made = full_master(trust);
  for (const StorageSystem& system : made.file.systems) CHECK(made.file.find(system.id)->name == system.name);
  CHECK(made.file.find(HostId{}) == nullptr);
  CHECK(made.file.is_revoked("0badcafe"));
  CHECK_FALSE(made.file.is_revoked("0badcaff"));
  CHECK(made.file.may_write(made.file.writers[0].vault, made.file.writers[0].host));
  CHECK_FALSE(made.file.may_write(made.file.writers[0].vault, HostId{}));
}

TEST_CASE("every altered byte and every truncation of a master file is refused") {
  TestTrust trust;
  const MasterCopy made = full_master(trust);
  for (size_t at = 0; at < made.object.size(); ++at) {
    Bytes altered = made.object;
    altered[at] ^= 0x80;
    REQUIRE(read_master_file(altered, trust.root.public_key()).has_error());
    REQUIRE(read_master_file(ByteSpan(made.object).first(at), trust.root.public_key()).has_error());
  }
}

TEST_CASE("the chain is root, delegation, signer") {
  TestTrust trust(1), thief(2);
  const MasterCopy foreign = thief.master(1, {});
  CHECK(read_master_file(foreign.object, trust.root.public_key()).error().text() ==
        "master file: delegation: made by root " + thief.root.public_key().hex() + ", not by the pinned one");

  MasterFile file = trust.master(1, {}).file;                    // our delegation, signed by a key that it does not name
  file.delegation.master_signer = thief.signer.public_key();
  const MasterCopy forged = sign_master_file(std::move(file), thief.signer);
  CHECK(read_master_file(forged.object, trust.root.public_key()).error().text() == "master file: its signature does not verify");
}

TEST_CASE("impossible values are refused, even well signed") {
  TestTrust trust;
  StorageSystem system = trust.system("store1", "rack-a", kGiB);
  SECTION("more available than there is") {
    system.available_bytes = system.capacity_bytes + 1;
    CHECK_THROWS_WITH(trust.master(1, {system}), "master file: system 'store1' has more available than its capacity");
  }
  SECTION("no port") {
    system.port = 0;
    CHECK_THROWS_WITH(trust.master(1, {system}), "master file: system 'store1' has no address or port");
  }
  SECTION("a system twice") { CHECK_THROWS_WITH(trust.master(1, {system, system}), "master file: systems are not sorted by id, each once"); }
  SECTION("number 0") { CHECK_THROWS_WITH(trust.master(0, {system}), "master file: number 0; the first is 1"); }
}

TEST_CASE("what no reader would take is not signed") {
  TestTrust trust;
  StorageSystem system = trust.system("store1", std::string(255, 'z'), kGiB);
  CHECK(read_master_file(trust.master(1, {system}).object, trust.root.public_key()).value().file.systems[0] == system);
  SECTION("a long zone") {
    system.zone += "z";
    CHECK_THROWS_WITH(trust.master(1, {system}), "master file: a zone of system 'store1' of 256 bytes; at most 255 are taken");
  }
  SECTION("a long address") {
    system.address = std::string(300, 'a');
    CHECK_THROWS_WITH(trust.master(1, {system}), "master file: an address of system 'store1' of 300 bytes; at most 255 are taken");
  }
  SECTION("a long serial") {
    MasterFile file = trust.master(1, {system}).file;
    file.revoked = {std::string(129, 'f')};
    CHECK_THROWS_WITH(sign_master_file(std::move(file), trust.signer), "master file: a revoked serial of 129 bytes; at most 128 are taken");
  }
  SECTION("too many revoked certificates") {
    MasterFile file = trust.master(1, {system}).file;
    file.revoked.assign(kMasterRevokedMax, "ab");
    CHECK(read_master_file(sign_master_file(file, trust.signer).object, trust.root.public_key()).value().file.revoked.size() == kMasterRevokedMax);
    file.revoked.push_back("ab");
    CHECK_THROWS_WITH(sign_master_file(file, trust.signer), "master file: 65537 revoked certificates; at most 65536 are taken");
  }
  SECTION("all together over the size") {
    MasterFile file = trust.master(1, {system}).file;
    file.revoked.assign(kMasterRevokedMax, std::string(128, 'f'));
    CHECK_THROWS_WITH(sign_master_file(file, trust.signer), Catch::Matchers::EndsWith(" bytes; at most 8388608 are taken"));
  }
}

TEST_CASE("versions order by epoch, then number") {
  TestTrust old_epoch(1, 1), new_epoch(1, 2);
  CHECK(new_epoch.master(1, {}).newer_than(old_epoch.master(900, {}).file.version()));
  CHECK_FALSE(old_epoch.master(900, {}).newer_than({1, 900}));
  CHECK(master_version_from("1.12").value() == MasterVersion{1, 12});
  CHECK(MasterVersion{1, 12}.text() == "1.12");
  for (const char* bad : {"", "1", "1.", ".1", "1.2.3", "01.2", "1.2 ", "-1.2", "99999999999.1"}) CHECK(master_version_from(bad).has_error());
  CHECK(master_version_from("x").error().text() == "'x' is no version of a master file; expected EPOCH.NUMBER");
}

TEST_CASE("only changes that matter make a new version") {
  TestTrust trust;
  const std::vector<StorageSystem> before = {trust.system("store1", "rack-a", 100 * kGiB), trust.system("store2", "rack-b", 100 * kGiB)};
  std::vector<StorageSystem> now = before;
  now[0].reported = now[0].reported + std::chrono::hours(1);
  now[0].stored_bytes = kGiB;
  now[0].available_bytes -= 2 * kGiB;                       // exactly 1 % of the capacity
  CHECK_FALSE(changed_enough(before, now));
  SECTION("more than 1 %") { now[0].available_bytes -= 1; CHECK(changed_enough(before, now)); }
  SECTION("state") { now[1].state = SystemState::late; CHECK(changed_enough(before, now)); }
  SECTION("address") { now[1].address = "192.0.2.2"; CHECK(changed_enough(before, now)); }
  SECTION("zone") { now[1].zone = "rack-c"; CHECK(changed_enough(before, now)); }
  SECTION("a system goes") { now.pop_back(); CHECK(changed_enough(before, now)); }
  SECTION("a system is another") { now[1].id = HostId{}; CHECK(changed_enough(before, now)); }
  SECTION("it is full now") {
    std::vector<StorageSystem> small = {trust.system("store3", "rack-a", 8000 * kGiB)};
    small[0].available_bytes = kFullBelow;
    std::vector<StorageSystem> full = small;
    full[0].available_bytes = kFullBelow - 1;
    CHECK(changed_enough(small, full));
  }
}

TEST_CASE("states have names, both ways") {
  for (const char* name : {"new", "up", "late", "offline", "draining", "undeclared"}) CHECK(name_of(system_state_from(name).value()) == name);
  CHECK(system_state_from("gone").error().text() == "'gone' is no state of a system");
}
