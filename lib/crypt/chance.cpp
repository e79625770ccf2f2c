#include "lib/crypt/chance.h"

#include <openssl/rand.h>

// Deprecated in favour of providers, of which one that does the same is some hundred lines.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sparekeep {

namespace {

// Given by the first call, of take_chance_from().
Random& source(Random* given) {
  static Random* const kOne = given;
  return *kOne;
}

int fill(unsigned char* bytes, int count) {
  source(nullptr).fill({bytes, static_cast<size_t>(count)});
  return 1;
}

int is_seeded() { return 1; }

}  // namespace

void take_chance_from(Random& random) {
  static const RAND_METHOD kMethod{.seed = nullptr, .bytes = fill, .cleanup = nullptr, .add = nullptr, .pseudorand = fill, .status = is_seeded};
  source(&random);
  SK_CHECK(RAND_set_rand_method(&kMethod) == 1);
}

}  // namespace sparekeep
