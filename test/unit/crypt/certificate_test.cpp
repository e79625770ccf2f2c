#include "lib/crypt/certificate.h"

#include "lib/base/hex.h"
#include "lib/crypt/digest.h"
#include "test/support/catch.h"

using namespace sparekeep;
using std::chrono::hours;

namespace {

constexpr Time kNow{1'800'000'000'000'000'000};   // 2027-01-15T08:00:00Z
constexpr Duration kYear = hours(24 * 365);
const HostId kHost = HostId::parse("000102030405060708090a0b0c0d0e0f").value();
const Identity kIdentity{kHost, {Role::daemon, Role::agent}};

// An authority, and a host with a certificate of it for 30 days.
struct Scene {
  SeededRandom random{1};
  CertificateAuthority authority = CertificateAuthority::make("the fleet", random, kNow, 10 * kYear);
  KeyPair key = make_tls_key(random);
  std::string request = make_request(key.private_pem, "store1").value();
  std::string certificate = authority.issue(request, kIdentity, "store1", kNow, hours(24 * 30), random).value();

  Result<CertificateFacts> verify(const std::string& pem, Time now = kNow, Duration grace = Duration(0)) const {
    return verify_certificate(pem, authority.certificate_pem(), now, grace);
  }
};

Bytes der_of(const std::string& pem) {
  std::string text = pem.substr(pem.find('\n') + 1);
  text = text.substr(0, text.find("-----"));
  std::erase(text, '\n');
  return from_base64(text).value();
}

std::string pem_of(ByteSpan der, const std::string& label = "CERTIFICATE") {
  std::string text = "-----BEGIN " + label + "-----\n";
  const std::string encoded = to_base64(der);
  for (size_t at = 0; at < encoded.size(); at += 64) text += encoded.substr(at, 64) + "\n";
  return text + "-----END " + label + "-----\n";
}

}  // namespace

TEST_CASE("a certificate carries identity, name, key and times") {
  Scene scene;
  const CertificateFacts facts = scene.verify(scene.certificate).value();
  CHECK(facts.identity == kIdentity);
  CHECK(facts.common_name == "store1");
  CHECK(facts.public_key == scene.key.public_key);
  CHECK(facts.not_before == kNow - hours(1));
  CHECK(facts.not_after == kNow + hours(24 * 30));
  CHECK(facts.serial.size() == 32);
  CHECK(facts.fingerprint == sha256(der_of(scene.certificate)));
  CHECK(read_certificate_der(der_of(scene.certificate)).value().fingerprint == facts.fingerprint);
  CHECK(read_certificate(scene.certificate).value().serial == facts.serial);
  const std::string second = scene.authority.issue(scene.request, kIdentity, "store1", kNow, hours(1), scene.random).value();
  CHECK(read_certificate(second).value().serial != facts.serial);
}

TEST_CASE("an authority is kept as text and loaded again") {
  Scene scene;
  const CertificateAuthority again =
      CertificateAuthority::load(scene.authority.certificate_pem(), scene.authority.private_pem().clone()).value();
  const std::string issued = again.issue(scene.request, kIdentity, "store1", kNow, hours(1), scene.random).value();
  CHECK(scene.verify(issued));
  CHECK(CertificateAuthority::load(scene.certificate, scene.key.private_pem.clone()).error().text() ==
        "the authority's certificate is not one of an authority");
  CHECK(CertificateAuthority::load(scene.authority.certificate_pem(), scene.key.private_pem.clone()).error().text() ==
        "the authority's key is not the one of its certificate");
  CHECK(CertificateAuthority::load("x", scene.key.private_pem.clone()).error().text() ==
        "the authority's certificate: expected CERTIFICATE in PEM form");
  CHECK(CertificateAuthority::load(scene.authority.certificate_pem(), Secret(as_bytes("x"))).error().text() ==
        "the authority's key: expected PRIVATE KEY in PEM form");
}

TEST_CASE("a certificate of another authority is refused, also of one with the same name") {
  Scene scene;
  const CertificateAuthority other = CertificateAuthority::make("the fleet", scene.random, kNow, kYear);
  const std::string foreign = other.issue(scene.request, kIdentity, "store1", kNow, hours(1), scene.random).value();
  const Error error = scene.verify(foreign).error();
  CHECK(error.kind() == ErrorKind::denied);
  CHECK(error.text() == "the certificate of 'store1' is not signed by this authority");
  const std::string both = other.certificate_pem() + scene.authority.certificate_pem();   // while an authority is replaced
  CHECK(verify_certificate(foreign, both, kNow, Duration(0)));
  CHECK(verify_certificate(scene.certificate, both, kNow, Duration(0)));
}

TEST_CASE("a certificate counts inside its time, and past its end within the grace") {
  Scene scene;
  const Time end = kNow + hours(24 * 30);
  CHECK(scene.verify(scene.certificate, kNow - hours(1)));
  CHECK(scene.verify(scene.certificate, end));
  const Error early = scene.verify(scene.certificate, kNow - hours(2), hours(24)).error();
  CHECK(early.kind() == ErrorKind::denied);
  CHECK(early.text() == "the certificate of 'store1' begins only at 2027-01-15T07:00:00Z");
  const Error late = scene.verify(scene.certificate, end + hours(1)).error();
  CHECK(late.kind() == ErrorKind::denied);
  CHECK(late.text() == "the certificate of 'store1' ended at 2027-02-14T08:00:00Z");
  CHECK(scene.verify(scene.certificate, end + hours(24 * 90), hours(24 * 90)));
  CHECK(scene.verify(scene.certificate, end + hours(24 * 90) + Duration(1), hours(24 * 90)).has_error());
}

TEST_CASE("a host's certificate is no authority, and an authority's is no host") {
  Scene scene;
  const KeyPair other = make_tls_key(scene.random);
  const std::string request = make_request(other.private_pem, "evil").value();
  CHECK(CertificateAuthority::load(scene.certificate, scene.key.private_pem.clone()).has_error());
  CHECK(verify_certificate(scene.certificate, scene.certificate, kNow, Duration(0)).error().text() ==
        "the certificate of 'store1' is not signed by this authority");
  CHECK(scene.verify(scene.authority.certificate_pem()).error().text() == "the certificate does not carry one identity");
}

TEST_CASE("a certificate with any byte altered is refused") {
  Scene scene;
  const Bytes der = der_of(scene.certificate);
  CHECK(scene.verify(pem_of(der)));
  for (size_t i = 0; i < der.size(); ++i) {
    Bytes altered = der;
    altered[i] ^= 1;
    INFO("byte " << i);
    CHECK(scene.verify(pem_of(altered)).has_error());
    CHECK(scene.verify(pem_of(ByteSpan(der).first(i))).has_error());
  }
  Bytes longer = der;
  longer.push_back(0);
  CHECK(read_certificate_der(longer).error().text() == "expected an X.509 certificate in DER form");
  CHECK(scene.verify(scene.certificate + scene.certificate).error().text() == "expected one CERTIFICATE, not 2");
}

TEST_CASE("what is no certificate is corrupt") {
  Scene scene;
  for (const std::string& text : {std::string(), std::string("x"), scene.request, std::string(100'000, 'A'),
                                  std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")}) {
    CHECK(read_certificate(text).error().kind() == ErrorKind::corrupt);
    CHECK(verify_certificate(scene.certificate, text, kNow, Duration(0)).has_error());
  }
  CHECK(read_certificate(scene.request).error().text() == "expected CERTIFICATE in PEM form");
}

TEST_CASE("a request proves its key") {
  Scene scene;
  CHECK(read_request_key(scene.request).value() == scene.key.public_key);
  const Bytes der = der_of(scene.request);
  const Bytes key(scene.key.public_key.value.begin(), scene.key.public_key.value.end());
  const auto place = std::search(der.begin(), der.end(), key.begin(), key.end());
  REQUIRE(place != der.end());
  Bytes stolen = der;   // another's key under one's own signature
  const PublicKey other = make_tls_key(scene.random).public_key;
  std::copy(other.value.begin(), other.value.end(), stolen.begin() + (place - der.begin()));
  const std::string pem = pem_of(stolen, "CERTIFICATE REQUEST");
  CHECK(read_request_key(pem).error().text() == "the request is not signed with the key that it names");
  const Error error = scene.authority.issue(pem, kIdentity, "store1", kNow, hours(1), scene.random).error();
  CHECK(error.kind() == ErrorKind::denied);
  CHECK(error.text() == "the request is not signed with the key that it names");
  Bytes forged = der;
  forged.back() ^= 1;
  CHECK(scene.authority.issue(pem_of(forged, "CERTIFICATE REQUEST"), kIdentity, "store1", kNow, hours(1), scene.random).has_error());
  CHECK(scene.authority.issue(scene.certificate, kIdentity, "store1", kNow, hours(1), scene.random).error().text() ==
        "expected CERTIFICATE REQUEST in PEM form");
  CHECK(make_request(Secret(as_bytes("x")), "a").error().kind() == ErrorKind::corrupt);
}

TEST_CASE("name and rights come from whoever issues, not from the request") {
  Scene scene;
  const Identity central{kHost, {Role::central}};
  const CertificateFacts facts =
      scene.verify(scene.authority.issue(scene.request, central, "renamed", kNow, hours(1), scene.random).value()).value();
  CHECK(facts.identity == central);
  CHECK(facts.common_name == "renamed");
  CHECK(scene.authority.issue(scene.request, {kHost, {}}, "x", kNow, hours(1), scene.random).error().text() ==
        "a certificate needs at least one role");
}

TEST_CASE("a name that X.509 does not take is cut or escaped") {
  Scene scene;
  const auto issued_name = [&](const std::string& name) {
    const std::string pem = scene.authority.issue(scene.request, kIdentity, name, kNow, hours(1), scene.random).value();
    return read_certificate(pem).value().common_name;
  };
  CHECK(issued_name(std::string(100, 'x')) == std::string(64, 'x'));
  CHECK(issued_name(std::string(63, 'x') + "\xc3\xa4") == std::string(63, 'x'));
  CHECK(issued_name("\xc3\xa4") == "\xc3\xa4");
  CHECK(issued_name("a\nb") == "a\\x0ab");
  CHECK(issued_name("") == "unnamed");
}
