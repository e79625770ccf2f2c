// An identity as the URI that a certificate carries; for this folder's sources and their tests.
#pragma once

#include "lib/crypt/certificate.h"

namespace sparekeep {

// "sparekeep:host/<32 hex>?roles=daemon,agent": at least one role, in the order of the enumeration.
std::string identity_uri(const Identity& identity);

// Takes exactly what identity_uri writes: an identity has one spelling.
Result<Identity> identity_from_uri(std::string_view uri);

}  // namespace sparekeep
