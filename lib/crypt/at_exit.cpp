#include "lib/crypt/at_exit.h"

#include <openssl/crypto.h>

namespace sparekeep {

void leave_openssl_to_the_process() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace sparekeep
