#include "lib/crypt/remembered.h"

#include "lib/crypt/certificate.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Digest of(int number) { return sha256(as_bytes(std::to_string(number))); }

}  // namespace

TEST_CASE("what is remembered is found, and never more of it than is wanted") {
  Remembered<int> numbers(3);
  CHECK(!numbers.find(of(1)));
  for (int i = 1; i <= 3; ++i) numbers.keep(of(i), i);
  CHECK(numbers.find(of(1)) == 1);
  CHECK(numbers.find(of(3)) == 3);
  numbers.keep(of(4), 4);
  CHECK(!numbers.find(of(1)));
  CHECK(numbers.find(of(4)) == 4);
}

TEST_CASE("a certificate for a key of our own is one like any other") {
  constexpr Time kNow{1'800'000'000'000'000'000};
  SeededRandom random(3);
  const CertificateAuthority authority = CertificateAuthority::make("the fleet", random, kNow, std::chrono::hours(1000));
  const CertificateAuthority again = CertificateAuthority::load(authority.certificate_pem(), authority.private_pem().clone()).value();
  const KeyPair key = make_tls_key(random);
  const Identity identity{random.id<HostId>(), {Role::central}};
  const std::string pem = again.issue_own(key.public_key, identity, "central", kNow, std::chrono::hours(1), random).value();
  for (int times = 0; times < 2; ++times) {            // read, and remembered
    const CertificateFacts facts = verify_certificate(pem, authority.certificate_pem(), kNow, Duration(0)).value();
    CHECK(facts.identity == identity);
    CHECK(facts.public_key == key.public_key);
    CHECK(read_certificate(pem).value().fingerprint == facts.fingerprint);
    CHECK(verify_certificate(pem, authority.certificate_pem(), kNow + std::chrono::hours(2), Duration(0)).error().kind() == ErrorKind::denied);
    const CertificateAuthority other = CertificateAuthority::make("the fleet", random, kNow, std::chrono::hours(1000));
    CHECK(verify_certificate(pem, other.certificate_pem(), kNow, Duration(0)).error().kind() == ErrorKind::denied);
  }
  CHECK(again.issue_own(key.public_key, {identity.host, {}}, "central", kNow, std::chrono::hours(1), random).error().kind() == ErrorKind::usage);
}
