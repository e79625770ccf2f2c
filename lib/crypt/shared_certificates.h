// Certificates as OpenSSL has read them, once a text: it looks through all its decoders for the key of each. The central's own and its authority's are
// wanted by several.
#pragma once

#include <memory>
#include <vector>

#include "lib/crypt/x509.h"

namespace sparekeep {

using SharedCertificates = std::shared_ptr<const std::vector<CertificateHandle>>;

Result<SharedCertificates> shared_certificates(std::string_view pem);          // corrupt: not PEM, or another encoding than ours
void share_certificate(const std::string& pem, x509_st& certificate);          // that was just made: nobody need read it
CertificateHandle reference_to(x509_st& certificate);

}  // namespace sparekeep
