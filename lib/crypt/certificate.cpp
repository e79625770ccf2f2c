#include "lib/crypt/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/handle.h"
#include "lib/crypt/identity.h"
#include "lib/crypt/known_leaves.h"
#include "lib/crypt/remembered.h"
#include "lib/crypt/shared_certificates.h"
#include "lib/crypt/x509.h"

namespace sparekeep {

namespace {

constexpr std::string_view kCertificateLabel = "CERTIFICATE";
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

void free_octets(void* bytes) { OPENSSL_free(bytes); }

Result<Time> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Error(ErrorKind::corrupt, "the certificate has a time that is none");
  const time_t seconds = timegm(&parts);
  const int64_t limit = INT64_MAX / kNanosecondsPerSecond;   // the year 2262
  return Time{std::clamp<int64_t>(seconds, -limit, limit) * kNanosecondsPerSecond};
}

std::string serial_of(const X509* certificate) {
  const Handle<BIGNUM, BN_free> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  SK_CHECK(number);
  Bytes bytes(static_cast<size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return to_hex(bytes);
}

std::string common_name_of(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  const Handle<unsigned char, free_octets> owner(text);
  return size < 0 ? std::string() : std::string(as_text(ByteSpan(text, static_cast<size_t>(size))));
}

// The only subject alternative name, which is a URI.
Result<Identity> identity_of(const X509* certificate) {
  const Error refusal(ErrorKind::corrupt, "the certificate does not carry one identity");
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1) return refusal;
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), 0), &type);
  if (type != GEN_URI) return refusal;
  const ASN1_IA5STRING* uri = static_cast<const ASN1_IA5STRING*>(value);
  return identity_from_uri(as_text(ByteSpan(ASN1_STRING_get0_data(uri), static_cast<size_t>(ASN1_STRING_length(uri)))));
}

Result<CertificateFacts> facts_of(const X509* certificate, ByteSpan der) {
  const Result<Identity> identity = identity_of(certificate);
  if (!identity) return identity.error();
  const Result<PublicKey> key = raw_public_key(X509_get0_pubkey(certificate));
  if (!key) return key.error();
  const Result<Time> from = time_of(X509_get0_notBefore(certificate)), to = time_of(X509_get0_notAfter(certificate));
  if (!from || !to) return from ? to.error() : from.error();
  return CertificateFacts{*identity, common_name_of(certificate), serial_of(certificate), *from, *to, *key, sha256(der)};
}

bool is_signed_by(X509* certificate, X509* authority) {
  return X509_check_ca(authority) == 1 && X509_check_issued(authority, certificate) == X509_V_OK &&
         X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
}

constexpr size_t kCertificatesMax = 4096;

Remembered<CertificateFacts>& known_facts() {
  static Remembered<CertificateFacts> facts(kCertificatesMax);
  return facts;
}

// The fingerprint of each.
Remembered<Digest>& known_leaves() {
  static Remembered<Digest> leaves(kCertificatesMax);
  return leaves;
}

Digest leaf_key(ByteSpan der, std::string_view authority_pem) { return Sha256().update(der).update(as_bytes(authority_pem)).finish(); }

Result<bool> is_signed_by_one_of(X509* certificate, std::string_view authorities_pem) {
  const Result<SharedCertificates> all = shared_certificates(authorities_pem);
  if (!all) return all.error();
  return std::any_of((*all)->begin(), (*all)->end(), [&](const CertificateHandle& authority) { return is_signed_by(certificate, authority.get()); });
}

Result<CertificateFacts> proven_leaf(ByteSpan der, std::string_view authority_pem) {
  const Result<CertificateHandle> certificate = certificate_from_der(der);
  if (!certificate) return certificate.error();
  Result<CertificateFacts> facts = facts_of(certificate->get(), der);
  if (!facts) return facts;
  const std::string whose = "the certificate of " + in_quotes(facts->common_name);
  const Result<bool> issued = is_signed_by_one_of(certificate->get(), authority_pem);
  if (!issued) return issued.error().during("the authority's certificate");
  if (!*issued) return Error(ErrorKind::denied, whose + " is not signed by this authority");
  if (!is_leaf_for_both_sides(certificate->get())) return Error(ErrorKind::denied, whose + " is not one of a host");
  known_facts().keep(facts->fingerprint, *facts);
  know_leaf(der, authority_pem);
  return facts;
}

Result<void> check_time(const CertificateFacts& facts, Time now, Duration grace) {
  const std::string whose = "the certificate of " + in_quotes(facts.common_name);
  if (now < facts.not_before) return Error(ErrorKind::denied, whose + " begins only at " + to_rfc3339(facts.not_before));
  if (now > facts.not_after && now - facts.not_after > grace)
    return Error(ErrorKind::denied, whose + " ended at " + to_rfc3339(facts.not_after));
  return {};
}

}  // namespace

bool is_known_leaf(ByteSpan der, std::string_view authority_pem) { return known_leaves().find(leaf_key(der, authority_pem)).has_value(); }
void know_leaf(ByteSpan der, std::string_view authority_pem) { known_leaves().keep(leaf_key(der, authority_pem), sha256(der)); }

void know_facts(x509_st* certificate, ByteSpan der) {
  const QuietErrors quiet;
  if (known_facts().find(sha256(der))) return;
  const Result<CertificateFacts> facts = facts_of(certificate, der);
  if (facts) known_facts().keep(facts->fingerprint, *facts);
}

std::map<Digest, CertificateFacts> proven_leaves() {
  std::map<Digest, CertificateFacts> out;
  for (const auto& [key, fingerprint] : known_leaves().all())
    if (std::optional<CertificateFacts> facts = known_facts().find(fingerprint)) out.emplace(key, std::move(*facts));
  return out;
}

void know_proven_leaf(const Digest& key, const CertificateFacts& facts) {
  known_facts().keep(facts.fingerprint, facts);
  known_leaves().keep(key, facts.fingerprint);
}

Result<CertificateFacts> read_certificate_der(ByteSpan der) {
  const Digest fingerprint = sha256(der);
  if (std::optional<CertificateFacts> known = known_facts().find(fingerprint)) return std::move(*known);
  const QuietErrors quiet;
  const Result<CertificateHandle> certificate = certificate_from_der(der);
  if (!certificate) return certificate.error();
  Result<CertificateFacts> facts = facts_of(certificate->get(), der);
  if (facts) known_facts().keep(fingerprint, *facts);
  return facts;
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  const Result<Bytes> der = der_from_pem(pem, kCertificateLabel);
  if (!der) return der.error();
  return read_certificate_der(*der);
}

Result<PublicKey> read_request_key(std::string_view request_pem) {
  const QuietErrors quiet;
  const Result<RequestHandle> request = request_from_pem(request_pem);
  if (!request) return request.error();
  return raw_public_key(X509_REQ_get0_pubkey(request->get()));
}

Result<CertificateFacts> verify_certificate(std::string_view pem, std::string_view authority_pem, Time now, Duration grace) {
  const QuietErrors quiet;
  const Result<Bytes> der = der_from_pem(pem, kCertificateLabel);
  if (!der) return der.error();
  Result<CertificateFacts> facts = is_known_leaf(*der, authority_pem) ? read_certificate_der(*der) : proven_leaf(*der, authority_pem);
  if (!facts) return facts;
  if (Result<void> timely = check_time(*facts, now, grace); !timely) return timely.error();
  return facts;
}

}  // namespace sparekeep
