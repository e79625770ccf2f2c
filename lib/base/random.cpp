#include "lib/base/random.h"

#include <sys/random.h>

namespace sparekeep {

namespace {

class SystemRandom final : public Random {
 public:
  void fill(MutableSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
      SK_CHECK(got > 0 || errno == EINTR);
      if (got > 0) bytes = bytes.subspan(static_cast<size_t>(got));
    }
  }
};

}  // namespace

uint64_t Random::number() {
  uint8_t bytes[8];
  fill(bytes);
  return ByteReader(bytes).u64();
}

uint64_t Random::below(uint64_t limit) {
  SK_CHECK(limit > 0);
  const uint64_t fair = UINT64_MAX - UINT64_MAX % limit;
  uint64_t value = number();
  while (value >= fair) value = number();
  return value % limit;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

void SeededRandom::fill(MutableSpan bytes) {
  for (uint8_t& byte : bytes) {
    uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    byte = static_cast<uint8_t>(mixed ^ mixed >> 31);
  }
}

}  // namespace sparekeep
