// Chance comes in through this seam: the system's in programs, a seeded one in tests.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/id.h"

namespace sparekeep {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableSpan bytes) = 0;

  template <typename SomeId>
  SomeId id() {
    SomeId id;
    fill(id.value);
    return id;
  }
  uint64_t number();                 // uniform over all of 64 bits
  uint64_t below(uint64_t limit);    // uniform in [0, limit), limit > 0
};

Random& system_random();             // getrandom(2)

class SeededRandom final : public Random {  // splitmix64: for tests and simulations, never for keys
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(MutableSpan bytes) override;

 private:
  uint64_t state_;
};

}  // namespace sparekeep
