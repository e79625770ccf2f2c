// OpenSSL 3.0 makes an object for each algorithm of a kind when the first of the kind is looked for, and goes through all that there are whenever
// the key of a certificate is read. It has some 400; TLS as we speak it, lib/crypt and whatever an SSH host may ask for need the 90 that are left here.
#pragma once

namespace sparekeep {

// Before anything else of OpenSSL but leave_openssl_to_the_process(). Whoever names another algorithm is told that there is none.
void know_few_algorithms();

}  // namespace sparekeep
