// STATE put back from an older copy: hosts hold higher master files than the central, give them back, and everybody goes on from there.
#include <filesystem>

#include "installer/central/running_central.h"
#include "inventory/exchange/master_exchange.h"
#include "lib/wire/paths.h"
#include "test/support/catch.h"
#include "test/support/trust.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr uint64_t kGiB = 1 << 30;

struct HostAtHand {
  HostId id;
  std::string certificate_pem;
  Secret key;
};

struct World {
  World() { start(); }
  void start() {
    central.emplace(CentralOptions{.state = made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made.random);
    if (!keeper) keeper = MasterKeeper::open(folder / "master.bin", central->state().root()).value();
  }
  void copy() {
    central.reset();
    std::filesystem::copy(made.state_path(), folder / "copy", std::filesystem::copy_options::recursive);
    start();
  }
  void put_back() {
    central.reset();
    std::filesystem::remove_all(made.state_path());
    std::filesystem::copy(folder / "copy", made.state_path(), std::filesystem::copy_options::recursive);
    start();
  }
  HostAtHand declare(const std::string& name) {
    HostDeclaration declaration;
    declaration.host.id = made.random.id<HostId>();
    declaration.host.name = name, declaration.host.address = "127.0.0.1", declaration.host.local = true;
    declaration.daemon_port = uint16_t{7421};
    central->declare(declaration);
    KeyPair key = make_tls_key(made.random);
    const std::string request = make_request(key.private_pem, name).value();
    return {declaration.host.id, central->issue_certificate(request, declaration.host.id, {Role::daemon}), std::move(key.private_pem)};
  }
  CentralClient client(const HostAtHand& host) {
    const Tls tls = TlsContext::load({.certificate_pem = host.certificate_pem, .private_pem = host.key.clone(),
                                      .authority_pem = central->state().delegation().authority_pem}).value();
    return CentralClient(central->endpoint(), tls, system_clock());
  }
  ReportAnswer report(const HostAtHand& host, uint64_t available, uint64_t says_it_saw = 0) {
    DaemonReport report;
    report.host = host.id, report.capacity_bytes = 10 * kGiB, report.available_bytes = available, report.master_epoch = 1, report.master_number = says_it_saw;
    return client(host).report(report).value();
  }
  bool exchange(const HostAtHand& host) {
    CentralClient connection = client(host);
    return MasterExchange(*keeper, system_clock()).turn(connection).value();
  }
  MasterVersion version() const { return central->master()->file.version(); }
  Result<void> offer(const HostAtHand& host, ByteSpan object) { return client(host).put_object(std::string(kMasterPath), object); }

  TestCentral made;
  TemporaryFolder folder;
  std::optional<RunningCentral> central;
  std::unique_ptr<MasterKeeper> keeper;              // of a host
};

}  // namespace

TEST_CASE("a host that holds a higher master file gives it back, and all go on above it") {
  World world;
  const HostAtHand first = world.declare("store1"), gone = world.declare("store2");
  world.report(first, 5 * kGiB);
  world.copy();
  const MasterVersion copied = world.version();
  const HostAtHand later = world.declare("store3");
  world.central->remove(gone.id);                    // its certificates are revoked
  world.report(first, 3 * kGiB);
  CHECK(world.exchange(first));
  const MasterVersion before = world.version();
  REQUIRE(world.keeper->version() == before);

  world.put_back();
  REQUIRE(world.version() == copied);
  CHECK(world.exchange(later));                      // a host that the copy does not know
  CHECK(world.version() == MasterVersion{1, before.number + 1});
  CHECK(world.keeper->version() == world.version());
  const std::shared_ptr<const MasterCopy> now = world.central->master();
  CHECK(now->file.before == read_master_file(read_file(StatePaths(world.made.state_path()).master(before), kMasterSizeMax).value(),
                                             world.central->state().root()).value().digest);
  CHECK(now->file.find(later.id) != nullptr);
  CHECK(now->file.revoked.size() == 1);              // what was revoked stays so
  CHECK_FALSE(world.exchange(first));                // and that is the end of it
  CHECK(world.version() == MasterVersion{1, before.number + 1});
  CHECK(std::filesystem::exists(StatePaths(world.made.state_path()).rebuilding()));   // the next command asks daemons for what the copy lacks
}

TEST_CASE("of two files of one version the host's is heard, and a version above both is issued") {
  World world;
  const HostAtHand host = world.declare("store1");
  world.report(host, 5 * kGiB);
  world.copy();
  const uint64_t copied = world.version().number;
  world.report(host, 4 * kGiB);
  CHECK(world.exchange(host));
  REQUIRE(world.keeper->version().number == copied + 1);
  world.put_back();
  const ReportAnswer answer = world.report(host, 3 * kGiB);
  REQUIRE(answer.master_number == copied + 1);
  CHECK(answer.master_digest != world.keeper->newest()->digest.hex());
  CHECK(world.exchange(host));
  CHECK(world.version().number == copied + 2);
  CHECK(world.keeper->newest()->digest == world.central->master()->digest);
}

TEST_CASE("a host that lies about its version, or sends what this central did not sign, changes nothing") {
  World world;
  const HostAtHand host = world.declare("store1");
  world.report(host, 5 * kGiB);
  const MasterVersion before = world.version();
  CHECK(world.report(host, 5 * kGiB, 1'000'000).master_number == before.number);
  CHECK(world.version() == before);
  const TestTrust stranger(9);
  CHECK(world.offer(host, stranger.master(1'000'000, {}).object).error().kind() == ErrorKind::denied);
  CHECK(world.offer(host, as_bytes("nonsense")).error().kind() == ErrorKind::corrupt);
  Bytes altered = world.central->master()->object;
  altered.back() ^= 1;
  CHECK(world.offer(host, altered).error().text().ends_with("its signature does not verify"));
  CHECK(world.offer(host, Bytes(kMasterSizeMax + 1)).has_error());
  CHECK(world.offer(host, world.central->master()->object).has_value());        // its own newest: no news
  const Bytes first = read_file(StatePaths(world.made.state_path()).master({1, 1}), kMasterSizeMax).value();
  CHECK(world.offer(host, first).has_value());                                  // and older ones are none
  CHECK(world.version() == before);
  CHECK_FALSE(std::filesystem::exists(StatePaths(world.made.state_path()).rebuilding()));
}

TEST_CASE("a file of another epoch of the same root is not taken") {
  World world;
  const HostAtHand host = world.declare("store1");
  const MasterVersion before = world.version();
  const RecoveryKeys recovery = world.made.recovery();
  const SigningKey signer = SigningKey::make(world.made.random);
  Delegation delegation = world.central->state().delegation();
  delegation.epoch = 2, delegation.master_signer = signer.public_key();
  MasterFile file;
  file.delegation = delegation, file.delegation_object = write_delegation(delegation, recovery.root), file.number = 1;
  const Error refused = world.offer(host, sign_master_file(file, signer).object).error();
  CHECK(refused.kind() == ErrorKind::denied);
  CHECK(refused.text().ends_with("master file 2.1 is of another delegation than this central's, whose epoch is 1"));
  CHECK(world.version() == before);
}
