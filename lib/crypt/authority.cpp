// The writing half of certificate.h: keys, requests, and the authority that answers them.
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>

#include "lib/base/text.h"
#include "lib/crypt/certificate.h"
#include "lib/crypt/handle.h"
#include "lib/crypt/identity.h"
#include "lib/crypt/shared_certificates.h"
#include "lib/crypt/x509.h"

namespace sparekeep {

namespace {

constexpr size_t kCommonNameMax = 64;                             // of X.509
constexpr size_t kSerialSize = 16;
constexpr Duration kBackdating = std::chrono::hours(1);           // for hosts whose clocks are late
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr long kVersion3 = 2;

PrivateKeyHandle key_made_with(Random& random) {
  Secret seed{Bytes(32)};
  random.fill(seed.reveal_mutable());
  return private_key_from_seed(seed);
}

// For people only, so it may be cut and escaped to fit.
std::string fitting_name(std::string_view name) {
  std::string text = name.empty() ? "unnamed" : printable(name);
  if (text.size() <= kCommonNameMax) return text;
  size_t end = kCommonNameMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;   // not inside a character
  return text.substr(0, end);
}

void set_name(X509_NAME* name, std::string_view common_name) {
  const std::string text = fitting_name(common_name);
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(text.data());
  SK_CHECK(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0) == 1);
}

void set_serial(X509* certificate, Random& random) {
  std::array<uint8_t, kSerialSize> bytes;
  random.fill(bytes);
  bytes[0] = static_cast<uint8_t>((bytes[0] & 0x7f) | 0x40);   // positive, and always of the same length
  const Handle<BIGNUM, BN_free> number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  SK_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

time_t seconds_of(Time time) { return time.nanoseconds / kNanosecondsPerSecond; }

void set_times(X509* certificate, Time now, Duration life) {
  SK_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds_of(now - kBackdating)));
  SK_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds_of(now + life)));
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  SK_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Not by X509V3_EXT_conf_nid: that would split the value at its commas.
void add_identity(X509* certificate, const Identity& identity) {
  const std::string uri = identity_uri(identity);
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  SK_CHECK(names && name && sk_GENERAL_NAME_push(names.get(), name) > 0);   // which owns it from here on
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  SK_CHECK(value && ASN1_STRING_set(value, uri.data(), static_cast<int>(uri.size())) == 1);
  GENERAL_NAME_set0_value(name, GEN_URI, value);
  SK_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
}

CertificateHandle blank_certificate(EVP_PKEY* key, std::string_view common_name, Random& random) {
  CertificateHandle certificate(X509_new());
  SK_CHECK(certificate && X509_set_version(certificate.get(), kVersion3) == 1 && X509_set_pubkey(certificate.get(), key) == 1);
  set_name(X509_get_subject_name(certificate.get()), common_name);
  set_serial(certificate.get(), random);
  return certificate;
}

void add_leaf_extensions(X509* certificate, X509* issuer, const Identity& identity) {
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  add_identity(certificate, identity);
}

Result<CertificateHandle> certificate_from_pem(const std::string& pem) {
  const Result<SharedCertificates> all = shared_certificates(pem);
  if (!all) return all.error();
  if ((*all)->size() != 1) return Error(ErrorKind::corrupt, "expected one CERTIFICATE, not " + std::to_string((*all)->size()));
  return reference_to(*(*all)->front());
}

}  // namespace

KeyPair make_tls_key(Random& random) {
  const PrivateKeyHandle key = key_made_with(random);
  return {pem_of(key.get()), raw_public_key(key.get()).value()};
}

Result<std::string> make_request(const Secret& private_pem, std::string_view common_name) {
  const Result<PrivateKeyHandle> key = private_key_from_pem(private_pem);
  if (!key) return key.error();
  const RequestHandle request(X509_REQ_new());
  SK_CHECK(request && X509_REQ_set_version(request.get(), 0) == 1 && X509_REQ_set_pubkey(request.get(), key->get()) == 1);
  set_name(X509_REQ_get_subject_name(request.get()), common_name);
  SK_CHECK(X509_REQ_sign(request.get(), key->get(), nullptr) > 0);
  return pem_of(request.get());
}

// Read once, used by any thread: nothing here changes them.
struct CertificateAuthority::Handles {
  CertificateHandle certificate;
  PrivateKeyHandle key;
};

CertificateAuthority::CertificateAuthority(std::string certificate_pem, Secret private_pem, Handles handles)
    : certificate_pem_(std::move(certificate_pem)), private_pem_(std::move(private_pem)), handles_(std::make_shared<const Handles>(std::move(handles))) {}

CertificateAuthority CertificateAuthority::make(std::string_view common_name, Random& random, Time now, Duration life) {
  PrivateKeyHandle key = key_made_with(random);
  CertificateHandle certificate = blank_certificate(key.get(), common_name, random);
  X509* self = certificate.get();
  SK_CHECK(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
  set_times(self, now, life);
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(self, self, NID_subject_key_identifier, "hash");
  SK_CHECK(X509_sign(self, key.get(), nullptr) > 0);
  std::string certificate_text = pem_of(self);
  Secret key_text = pem_of(key.get());
  return {std::move(certificate_text), std::move(key_text), {std::move(certificate), std::move(key)}};
}

Result<CertificateAuthority> CertificateAuthority::load(std::string certificate_pem, Secret private_pem) {
  const QuietErrors quiet;
  Result<CertificateHandle> certificate = certificate_from_pem(certificate_pem);
  if (!certificate) return certificate.error().during("the authority's certificate");
  Result<PrivateKeyHandle> key = private_key_from_pem(private_pem);
  if (!key) return key.error().during("the authority's key");
  if (X509_check_ca(certificate->get()) != 1) return Error(ErrorKind::corrupt, "the authority's certificate is not one of an authority");
  if (X509_check_private_key(certificate->get(), key->get()) != 1)
    return Error(ErrorKind::corrupt, "the authority's key is not the one of its certificate");
  return CertificateAuthority(std::move(certificate_pem), std::move(private_pem), {std::move(*certificate), std::move(*key)});
}

Result<std::string> CertificateAuthority::issue(std::string_view request_pem, const Identity& identity, std::string_view common_name,
                                                Time now, Duration life, Random& random) const {
  const QuietErrors quiet;
  if (identity.roles.empty()) return Error(ErrorKind::usage, "a certificate needs at least one role");
  const Result<RequestHandle> request = request_from_pem(request_pem);
  if (!request) return request.error();
  CertificateHandle certificate = blank_certificate(X509_REQ_get0_pubkey(request->get()), common_name, random);
  set_times(certificate.get(), now, life);
  return signed_leaf(*certificate, identity);
}

Result<std::string> CertificateAuthority::issue_own(const PublicKey& key, const Identity& identity, std::string_view common_name, Time now, Duration life,
                                                    Random& random) const {
  const QuietErrors quiet;
  if (identity.roles.empty()) return Error(ErrorKind::usage, "a certificate needs at least one role");
  const PrivateKeyHandle subject(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.value.data(), key.value.size()));
  SK_CHECK(subject);
  CertificateHandle certificate = blank_certificate(subject.get(), common_name, random);
  set_times(certificate.get(), now, life);
  std::string pem = signed_leaf(*certificate, identity);
  share_certificate(pem, *certificate);
  return pem;
}

std::string CertificateAuthority::signed_leaf(x509_st& certificate, const Identity& identity) const {
  X509* issuer = handles_->certificate.get();
  SK_CHECK(X509_set_issuer_name(&certificate, X509_get_subject_name(issuer)) == 1);
  add_leaf_extensions(&certificate, issuer, identity);
  SK_CHECK(X509_sign(&certificate, handles_->key.get(), nullptr) > 0);
  return pem_of(&certificate);
}

}  // namespace sparekeep
