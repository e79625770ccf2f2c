#include "installer/install/wake.h"

#include "installer/host/shell_text.h"
#include "installer/install/layout.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

constexpr Duration kWakeLimit = std::chrono::seconds(25);

// The service writes its pid file: no more than a pid is read of it, and only a process that runs the program of that name is woken.
constexpr std::string_view kScript = R"sh(for file in $PIDS; do
  [ -s "$ROOT$file" ] && pid=$(head -c 32 "$ROOT$file" | tr -d '\000') || continue
  case $pid in '' | *[!0-9]*) continue ;; esac
  name=${file##*/}
  [ ! "/proc/$pid/exe" -ef "$ROOT/usr/lib/sparekeep/current/${name%.pid}" ] || kill -USR1 "$pid" || true
done
)sh";

std::string wake_script(const Host& host) {
  std::vector<std::string> files;
  for (const Service& service : {kDaemonService, kAgentService}) files.push_back(pid_file(host, service.program));
  return "ROOT=" + shell_quoted(host.root) + "\nPIDS=" + shell_quoted(joined(files, " ")) + "\n" + std::string(kScript);
}

}  // namespace

void wake_hosts(HostDoor& door, const std::vector<Host>& hosts, size_t forks) {
  parallel_for(hosts.size(), forks, [&](size_t i) { static_cast<void>(output_of(*door.open(hosts[i]), {.script = wake_script(hosts[i]), .limit = kWakeLimit})); });
}

}  // namespace sparekeep::central
