// Certificates of hosts (leaves for servers and clients) whose signature by an authority was verified in this process. That follows from
// the bytes of both alone: whoever has done it spares it to the others, and to later processes. Time and revocation are looked at each time.
#pragma once

#include <map>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/crypt/certificate.h"

struct x509_st;

namespace sparekeep {

bool is_known_leaf(ByteSpan der, std::string_view authority_pem);
void know_leaf(ByteSpan der, std::string_view authority_pem);
void know_facts(x509_st* certificate, ByteSpan der);   // of one that OpenSSL has read already: read_certificate_der() need not do it again

// What they say, by the digest of the certificate with its authorities. To be told to a later process it has to be kept where nobody writes who could not
// sign certificates.
std::map<Digest, CertificateFacts> proven_leaves();
void know_proven_leaf(const Digest& key, const CertificateFacts& facts);

}  // namespace sparekeep
