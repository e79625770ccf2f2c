#include "lib/crypt/shared_certificates.h"

#include <openssl/x509.h>

#include "lib/crypt/remembered.h"

namespace sparekeep {

namespace {

constexpr size_t kTextsMax = 16;

Remembered<SharedCertificates>& known_texts() {
  static Remembered<SharedCertificates> known(kTextsMax);   // goes at the exit, and OpenSSL's own memory never does (at_exit.h)
  return known;
}

}  // namespace

CertificateHandle reference_to(x509_st& certificate) {
  SK_CHECK(X509_up_ref(&certificate) == 1);
  return CertificateHandle(&certificate);
}

Result<SharedCertificates> shared_certificates(std::string_view pem) {
  const Digest key = sha256(as_bytes(pem));
  if (const std::optional<SharedCertificates> found = known_texts().find(key)) return *found;
  const Result<std::vector<Bytes>> all = all_der_from_pem(pem, "CERTIFICATE");
  if (!all) return all.error();
  auto certificates = std::make_shared<std::vector<CertificateHandle>>();
  for (const Bytes& der : *all) {
    Result<CertificateHandle> certificate = certificate_from_der(der);
    if (!certificate) return certificate.error();
    certificates->push_back(std::move(*certificate));
  }
  known_texts().keep(key, certificates);
  return SharedCertificates(certificates);
}

void share_certificate(const std::string& pem, x509_st& certificate) {
  auto one = std::make_shared<std::vector<CertificateHandle>>();
  one->push_back(reference_to(certificate));
  known_texts().keep(sha256(as_bytes(pem)), one);
}

}  // namespace sparekeep
