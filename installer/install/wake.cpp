#include "installer/install/wake.h"

#include "installer/install/facts.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

constexpr Duration kWakeLimit = std::chrono::seconds(25);

}  // namespace

void wake_hosts(HostDoor& door, const std::vector<Host>& hosts, size_t forks) {
  const std::vector<std::string> both{std::string(kDaemonService.program), std::string(kAgentService.program)};
  parallel_for(hosts.size(), forks, [&](size_t i) {
    static_cast<void>(output_of(*door.open(hosts[i]), {.script = facts_script(hosts[i], {.wake = both}), .limit = kWakeLimit}));
  });
}

}  // namespace sparekeep::central
