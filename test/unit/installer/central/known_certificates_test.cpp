#include "installer/central/known_certificates.h"

#include "lib/base/text.h"
#include "lib/crypt/certificate.h"
#include "lib/crypt/digest.h"
#include "lib/net/tls.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Time kNow{1'795'381'507'000'000'000};
constexpr Duration kLife = std::chrono::hours(1000);

// Certificates of one authority, which this process verifies.
struct World {
  std::string met(const std::string& name, Role role, Time now = kNow) {
    const Identity identity{random.id<HostId>(), {role}};
    const std::string pem = authority.issue_own(make_tls_key(random).public_key, identity, name, now, kLife, random).value();
    REQUIRE(verify_certificate(pem, authority.certificate_pem(), now, Duration(0)));
    return pem;
  }
  std::string text() const { return read_text(file, 1 << 20).value(); }
  void put(const std::string& body, const std::string& sum) const { write_durably(file, as_bytes(sum + "\n" + body)).value(); }

  explicit World(uint64_t seed) : random(seed) {}
  SeededRandom random;
  CertificateAuthority authority = CertificateAuthority::make("the fleet", random, kNow - 3 * kLife - kCertificateGrace, 9 * kLife + kCertificateGrace);
  TemporaryFolder folder;
  Path file = folder / "certificates";
};

std::string hex_of(const std::string& name) { return to_hex(as_bytes(name)); }

}  // namespace

TEST_CASE("what a certificate says is taken from the file, unless a bit of that is another one") {
  World world(1);
  const std::string pem = world.met("h1", Role::daemon);
  KnownCertificates(world.file).save(kNow);
  CHECK((std::filesystem::status(world.file).permissions() & std::filesystem::perms::mask) == std::filesystem::perms(0600));
  const std::string text = world.text();
  std::string body = text.substr(text.find('\n') + 1);
  REQUIRE(text.substr(0, text.find('\n')) == sha256(as_bytes(body)).hex());
  const size_t name = body.find(" " + hex_of("h1") + "\n");
  REQUIRE(name != std::string::npos);
  body.replace(name + 1, 4, hex_of("h2"));                // what only the file says

  world.put(body, text.substr(0, text.find('\n')));
  const KnownCertificates other_sum(world.file);
  CHECK(read_certificate(pem).value().common_name == "h1");
  world.put(body, sha256(as_bytes(body)).hex());
  const KnownCertificates known(world.file);
  const CertificateFacts facts = verify_certificate(pem, world.authority.certificate_pem(), kNow, Duration(0)).value();
  CHECK(facts.common_name == "h2");
  CHECK(facts.identity.roles == std::set{Role::daemon});
  CHECK(facts.not_after - facts.not_before > kLife);
  CHECK(verify_certificate(pem, world.authority.certificate_pem(), kNow + 2 * kLife, Duration(0)).error().kind() == ErrorKind::denied);
  CHECK(verify_certificate(pem, World(2).authority.certificate_pem(), kNow, Duration(0)).error().kind() == ErrorKind::denied);
}

TEST_CASE("a file that a later version has written, or nobody, is nothing") {
  World world(3);
  for (const std::string body : {"", "sparekeep certificates 2\n", "sparekeep certificates 1\n1 2 3 gardener 5 6 7 8 9\n"}) {
    world.put(body, sha256(as_bytes(body)).hex());
    CHECK_NOTHROW(KnownCertificates(world.file));
  }
  write_durably(world.file, as_bytes("x")).value();
  CHECK_NOTHROW(KnownCertificates(world.file));
}

TEST_CASE("kept is what hosts can still show, and only when others were met is it written") {
  World world(4);
  world.met("gone", Role::agent, kNow - 2 * kLife - kCertificateGrace);
  world.met("sparekeep", Role::central);
  world.met("within the grace", Role::agent, kNow - 2 * kLife);
  KnownCertificates(world.file).save(kNow);
  const std::string text = world.text();
  CHECK(text.find(hex_of("within the grace")) != std::string::npos);
  CHECK(text.find(hex_of("gone")) == std::string::npos);
  CHECK(text.find(hex_of("sparekeep")) == std::string::npos);

  const auto written = std::filesystem::last_write_time(world.file) - std::chrono::hours(1);
  std::filesystem::last_write_time(world.file, written);
  KnownCertificates(world.file).save(kNow);
  CHECK(std::filesystem::last_write_time(world.file) == written);
  world.met("new", Role::agent);
  KnownCertificates(world.file).save(kNow);
  CHECK(std::filesystem::last_write_time(world.file) != written);
}
