// Does what was installed work: the daemon answers the central and reports to it, the agent asks it for orders.
#pragma once

#include <optional>

#include "installer/central/running_central.h"
#include "installer/host/host.h"
#include "installer/install/layout.h"

namespace sparekeep::central {

constexpr Duration kHealthLimit = std::chrono::seconds(30);

struct HealthWords {
  std::string name;                                // of the host
  Endpoint central;                                // as the host is told
  Duration since = {};                             // boot time of the central: what its agent said before does not count
  std::optional<Duration> daemon_since = {};       // the same of its daemon; none: it runs on as it was, and one report at any time is enough
};

// Does its daemon answer the central, in one try? The answer brings its report, too, unless that would be its first one.
bool answers(RunningCentral& central, Clock& clock, const StorageSystem& system);

// What a daemon asked for its report said, to the central or to its own host (HostFacts::hello). false: it is another one's, or no such words.
bool hear_hello(RunningCentral& central, const StorageSystem& system, std::string_view words);

// Each throws failed with who did not reach whom.
void wait_for_daemon(RunningCentral& central, Clock& clock, const HostId& host, const std::string& name);
void wait_for_report(RunningCentral& central, const HostId& host, const HealthWords& words);
void refuse_unusable_disk(RunningCentral& central, const HostId& host, const std::string& path);   // where its shards are to lie
void wait_for_polling_agent(RunningCentral& central, const HostId& host, const HealthWords& words);

// "; it logged last: ...": of a host that is not healthy, what its services say of it themselves; empty: nothing is to be had.
std::string last_logged(HostAccess& access, const Host& host, Supervision supervision);

}  // namespace sparekeep::central
