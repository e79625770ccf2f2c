#include "lib/crypt/handle.h"

#include <openssl/err.h>

namespace sparekeep {

QuietErrors::QuietErrors() { ERR_set_mark(); }
QuietErrors::~QuietErrors() { ERR_pop_to_mark(); }

}  // namespace sparekeep
