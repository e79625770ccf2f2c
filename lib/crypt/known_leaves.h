// Certificates of hosts (leaves for servers and clients) whose signature by an authority was verified in this process. That follows from
// the bytes of both alone: whoever has done it spares it to the others. Time and revocation are looked at each time.
#pragma once

#include <string_view>

#include "lib/base/bytes.h"

struct x509_st;

namespace sparekeep {

bool is_known_leaf(ByteSpan der, std::string_view authority_pem);
void know_leaf(ByteSpan der, std::string_view authority_pem);
void know_facts(x509_st* certificate, ByteSpan der);   // of one that OpenSSL has read already: read_certificate_der() need not do it again

}  // namespace sparekeep
