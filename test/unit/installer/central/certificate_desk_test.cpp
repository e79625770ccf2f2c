#include "installer/central/certificate_desk.h"

#include <latch>
#include <thread>

#include "installer/central/master_history.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  World() : state(made.open()), masters(state.paths(), state.root()), catalogue(state.paths().catalogue()), board(state, catalogue, masters, made.clock),
            desk(state, catalogue, board, made.clock, made.random) {
    board.open();
    add(host, "web1");
  }
  void add(const HostId& id, const std::string& name) {
    HostEntry entry;
    entry.id = id;
    entry.name = name;
    catalogue.put_host(entry);
  }
  CertificateFacts issue(const std::set<Role>& roles) { return read_certificate(desk.issue(request, host, roles)).value(); }
  CertificateFacts renew(const CertificateFacts& at_hand) { return read_certificate(desk.renew(request, at_hand)).value(); }
  std::string refusal(const CertificateFacts& at_hand) {
    try {
      desk.renew(request, at_hand);
      return "nothing";
    } catch (const Error& error) {
      return error.text();
    }
  }

  TestCentral made;
  CentralState state;
  MasterHistory masters;
  SqliteCatalogue catalogue;
  SystemBoard board;
  CertificateDesk desk;
  KeyPair key = make_tls_key(made.random);
  std::string request = make_request(key.private_pem, "web1").value();
  HostId host = made.random.id<HostId>();
};

}  // namespace

TEST_CASE("a removed host has no certificate that is not revoked, however often it renewed") {
  World world;
  std::vector<std::string> serials{world.issue({Role::agent}).serial};
  CertificateFacts last = world.renew(world.issue({Role::agent}));
  for (int i = 0; i < 100; ++i) {
    world.made.clock.sleep(kRenewalsWithin);
    serials.push_back(last.serial);
    last = world.renew(last);
  }
  serials.push_back(last.serial);
  world.desk.remove(world.host);
  for (const std::string& serial : serials) CHECK(world.masters.newest()->file.is_revoked(serial));
}

TEST_CASE("a host that was removed, or never was here, is given nothing") {
  World world;
  const CertificateFacts first = world.issue({Role::agent});
  world.desk.remove(world.host);
  CHECK(world.refusal(first) == "host 'web1' is not known here; run sparekeep install");
  CHECK_FALSE(world.catalogue.host(world.host));
  SECTION("but while a lost catalogue is made again it is noted, with the certificate that it shows") {
    write_durably(world.state.paths().rebuilding(), ByteSpan(), {.mode = 0600}).value();
    CHECK(world.renew(first).identity == first.identity);
    CHECK(world.catalogue.host(world.host)->name == "web1");
    CHECK(world.catalogue.certificates(world.host).size() == 2);
  }
}

TEST_CASE("a host that a rebuilt catalogue knows by its id alone is called as its certificate says, and keeps that name in the next one") {
  World world;
  const CertificateFacts agent = world.issue({Role::agent});
  HostEntry nameless;
  nameless.id = world.host, nameless.declared = false;
  world.catalogue.put_host(nameless);
  SECTION("when it asks for work") { world.desk.note_name(agent); }
  SECTION("when it renews") { CHECK(world.renew(agent).common_name == "web1"); }
  CHECK(world.catalogue.host(world.host)->name == "web1");
  CHECK_FALSE(world.catalogue.host(world.host)->declared);
  world.catalogue.change_host(world.host, [](std::optional<HostEntry>& known) { known->name = "web2"; });
  world.desk.note_name(agent);
  CHECK(world.catalogue.host(world.host)->name == "web2");                    // what an install said stays
}

TEST_CASE("a host gets a few certificates of a kind at once, then one in a while") {
  World world;
  const CertificateFacts agent = world.issue({Role::agent}), daemon = world.issue({Role::daemon});
  for (size_t i = 1; i < kRenewalsMax; ++i) world.renew(agent);
  CHECK(world.refusal(agent) == "host 'web1' was given 4 certificates of this kind within 72 h 0 m; at most 4 are given");
  world.renew(daemon);                                                        // the other kind has its own
  world.made.clock.sleep(kRenewalsWithin);
  world.renew(agent);
}

TEST_CASE("no serial, role or recipient is lost when several change one host at once") {
  World world;
  const CertificateFacts agent = world.issue({Role::agent}), daemon = world.issue({Role::daemon});
  const RecipientKey recipient = world.made.random.id<RecipientKey>();
  std::latch all(3);
  std::vector<std::string> serials{agent.serial, daemon.serial};
  std::mutex mutex;
  const auto renew = [&](const CertificateFacts& at_hand) {
    all.arrive_and_wait();
    for (size_t i = 1; i < kRenewalsMax; ++i) {
      const std::string serial = read_certificate(world.desk.renew(world.request, at_hand)).value().serial;
      const std::lock_guard lock(mutex);
      serials.push_back(serial);
    }
  };
  {
    std::jthread one([&] { renew(agent); }), other([&] { renew(daemon); });
    all.arrive_and_wait();
    world.catalogue.change_host(world.host, [&](std::optional<HostEntry>& known) { known->recipient = recipient; });
  }
  std::set<std::string> noted;
  for (const CertificateEntry& certificate : world.catalogue.certificates(world.host)) noted.insert(certificate.serial);
  CHECK(noted == std::set<std::string>(serials.begin(), serials.end()));
  CHECK(world.catalogue.host(world.host)->recipient == recipient);
  CHECK(world.catalogue.host(world.host)->roles == std::set<Role>{Role::agent, Role::daemon});
}
