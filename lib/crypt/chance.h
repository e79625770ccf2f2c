// OpenSSL makes two generators of its own for each thread, seeds them from the kernel, and gives them new keys with each number: a fortieth of an install
// that changes nothing. Here whatever it needs by chance comes from where all else of ours comes from.
#pragma once

#include "lib/base/random.h"

namespace sparekeep {

// For the whole process, before its threads; `random` is asked from any of them, as long as it lasts.
void take_chance_from(Random& random);

}  // namespace sparekeep
