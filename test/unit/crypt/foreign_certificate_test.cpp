#include "lib/crypt/certificate.h"
#include "test/support/catch.h"
#include "test/unit/crypt/foreign_certificates.h"

using namespace sparekeep;

namespace {

constexpr Time kNow{1'800'000'000'000'000'000};   // 2027-01-15

Error refusal(const char* pem, const char* authority = foreign::kRoot) {
  const Result<CertificateFacts> facts = verify_certificate(pem, authority, kNow, Duration(0));
  REQUIRE(facts.has_error());
  return facts.error();
}

}  // namespace

TEST_CASE("a certificate of another library is taken when it has our form") {
  const CertificateFacts facts = verify_certificate(foreign::kGood, foreign::kRoot, kNow, Duration(0)).value();
  CHECK(facts.common_name == "good");
  CHECK(facts.identity.roles == std::set<Role>{Role::agent});
  CHECK(to_rfc3339(facts.not_after) == "2126-01-01T00:00:00Z");
}

TEST_CASE("a host's key signs no other host") {
  REQUIRE(verify_certificate(foreign::kLeaf, foreign::kRoot, kNow, Duration(0)));
  CHECK(refusal(foreign::kByLeaf, foreign::kLeaf).text() == "the certificate of 'by leaf' is not signed by this authority");
  CHECK(refusal(foreign::kByLeaf).text() == "the certificate of 'by leaf' is not signed by this authority");
}

TEST_CASE("an authority below ours is no host, whatever it names") {
  CHECK(refusal(foreign::kCaWithIdentity).text() == "the certificate of 'sub' is not one of a host");
  CHECK(refusal(foreign::kCaWithIdentity).kind() == ErrorKind::denied);
}

TEST_CASE("a certificate carries one identity, and nothing beside it") {
  for (const char* pem : {foreign::kTwoIdentities, foreign::kDnsBeside, foreign::kDnsOnly, foreign::kNoName}) {
    CHECK(refusal(pem).text() == "the certificate does not carry one identity");
    CHECK(refusal(pem).kind() == ErrorKind::corrupt);
  }
}

TEST_CASE("a certificate is for servers and clients, without demands that we do not know, with an Ed25519 key") {
  CHECK(refusal(foreign::kServerOnly).text() == "the certificate of 'server only' is not one of a host");
  CHECK(refusal(foreign::kCriticalUnknown).text() == "the certificate of 'unknown' is not one of a host");
  CHECK(refusal(foreign::kRsaKey).text() == "expected an Ed25519 key");
}
