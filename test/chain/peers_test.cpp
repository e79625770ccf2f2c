// Which daemons an agent speaks with: also those that no central could renew, none that the master file revokes.
#include "agent/orders/host.h"
#include "lib/wire/paths.h"
#include "test/chain/test_daemons.h"
#include "test/support/catch.h"
#include "test/support/trust.h"

using namespace sparekeep;

namespace {

constexpr Duration kDay = std::chrono::hours(24);

struct Fixture {
  SeededRandom random{7};
  TestTrust trust;
  TestAuthority authority{random};
  TemporaryFolder folder;
  agent::AgentHost host{HostPaths{folder.path()}, {}, random.id<HostId>(), trust.delegation, authority.tls(random.id<HostId>(), {Role::agent}),
                        OpeningKey::make(random), MasterKeeper::open(folder / kMasterFileName, trust.root.public_key()).value(), system_clock(), random};

  // The master file that names this daemon and revokes these serials.
  void publish(uint64_t number, const TestDaemon& daemon, std::vector<std::string> revoked) {
    StorageSystem system = trust.system("store1", "", 1 << 30);
    system.id = daemon.host(), system.address = "127.0.0.1", system.port = daemon.port();
    MasterFile file = trust.master(number, {system}).file;
    file.revoked = std::move(revoked);
    if (host.master->newest()) file.before = host.master->newest()->digest;
    CHECK(host.master->offer(sign_master_file(std::move(file), trust.signer).object).value());
  }
  std::string answer() {
    const auto stores = host.stores(host.newest_master()->file);
    const Result<std::vector<VaultId>> vaults = stores.begin()->second->list_vaults(Deadline(system_clock(), std::chrono::seconds(10)));
    return vaults ? "" : vaults.error().text();
  }
};

std::string serial_of(const TestDaemon& daemon, const Tls& tls) {
  ClientOptions options{.host = "127.0.0.1", .port = daemon.port(), .tls = tls, .expected = daemon.host()};
  options.check = within_time(system_clock(), 1000 * kDay);
  HttpClient client(std::move(options), system_clock());
  HttpRequest hello;
  hello.path = std::string(kHelloPath);
  client.send(hello, std::chrono::seconds(10)).value();
  return client.peer()->serial;
}

}  // namespace

TEST_CASE("an agent reads from a daemon whose certificate ended while the central was lost, for ninety days") {
  Fixture fixture;
  fixture.authority.issue_as_of(90 * kDay);
  const TestDaemon ended("store1", fixture.authority, fixture.random, system_clock());
  fixture.publish(1, ended, {});
  CHECK(fixture.answer() == "");
  fixture.authority.issue_as_of(92 * kDay);
  const TestDaemon long_ago("store1", fixture.authority, fixture.random, system_clock());
  fixture.publish(2, long_ago, {});
  CHECK(fixture.answer().find(": the certificate ended at ") != std::string::npos);
}

TEST_CASE("an agent reads nothing from a daemon whose certificate the newest master file revokes") {
  Fixture fixture;
  const TestDaemon daemon("store1", fixture.authority, fixture.random, system_clock());
  const std::string serial = serial_of(daemon, fixture.host.tls);
  fixture.publish(1, daemon, {"0badcafe"});
  CHECK(fixture.answer() == "");
  fixture.publish(2, daemon, {"0badcafe", serial});
  CHECK(fixture.answer().find("certificate " + serial + " of 'test' is revoked") != std::string::npos);
}
