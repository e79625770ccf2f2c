// A rolling change: hosts in batches, one batch after the other (--serial), and an end where too many hosts have failed (--max-fail). What a host has
// come to is read from its tasks, so that a failing job or check of reach ends it just as a failing installation does. Thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

struct HostShare {                             // "3" or "30%"
  uint32_t number = 0;
  bool percent = false;
  std::string text() const;
};

// Throws usage; `option` is what the message names. At least `min` ("0%" is allowed where 0 is).
HostShare parse_host_share(std::string_view option, std::string_view text, uint32_t min);

struct RolloutOptions {
  std::vector<HostShare> serial = {};          // the size of each batch, at least one host; the last goes for all that follow. None: one batch
  std::optional<HostShare> failures_max = {};  // more failed hosts of all (a number) or of one batch (a percentage) end it; none: a batch without one good host
};

class Rollout {
 public:
  struct Batch {
    size_t first = 0, count = 0;
  };
  Rollout(std::vector<std::string> hosts, RolloutOptions options, const HostTasks& tasks);

  const std::vector<Batch>& batches() const { return batches_; }
  size_t batch_of(const std::string& host) const;   // the first for a host that is not of it
  std::optional<std::string> why_over();            // nothing more may be begun, since "2 hosts failed (h1, h2), and --max-fail is 1"; once over, it stays so

 private:
  std::string reason() const;

  const std::vector<std::string> hosts_;
  const RolloutOptions options_;
  const HostTasks& tasks_;
  std::vector<Batch> batches_;
  std::mutex mutex_;
  std::string over_;
};

}  // namespace sparekeep::central
