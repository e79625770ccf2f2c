// Where shards are now. The pack list says where they were first written; repair and drain move them. A locator is asked when
// the first places fail.
#pragma once

#include <vector>

#include "lib/fetch/systems.h"

namespace sparekeep {

struct FoundShard {
  uint8_t index = 0;
  HostId system;
};

class Locator {
 public:
  virtual ~Locator() = default;
  // Every place of every shard of the pack that it knows of; thread safe.
  virtual std::vector<FoundShard> locate(const VaultId& vault, const PackId& pack, Layout layout) = 0;
};

// Asks every usable system, all at once. Needs no central.
class AskingLocator final : public Locator {
 public:
  AskingLocator(Systems& systems, const Clock& clock, Duration limit = std::chrono::seconds(15))
      : systems_(systems), clock_(clock), limit_(limit) {}
  std::vector<FoundShard> locate(const VaultId& vault, const PackId& pack, Layout layout) override;

 private:
  Systems& systems_;
  const Clock& clock_;
  Duration limit_;
};

}  // namespace sparekeep
