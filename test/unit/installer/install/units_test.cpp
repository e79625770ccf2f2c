#include "installer/install/units.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("the daemon's unit: its own user, two folders, no capability") {
  Host host;
  host.storage.path = "/data/a b%c";
  const std::string text = daemon_unit_text(host);
  for (const std::string line : {"User=sparekeepd", "CapabilityBoundingSet=", "Type=notify", "ProtectSystem=strict", "ProtectHome=yes", "WantedBy=multi-user.target",
                                 "ReadWritePaths=/var/lib/sparekeep/daemon \"/data/a b%%c\""})
    CHECK(has_line(text, line));
  host.storage.path = "/home/spare";
  CHECK(has_line(daemon_unit_text(host), "ProtectHome=no"));
}

TEST_CASE("the agent's unit: reads everything, writes its state alone") {
  const std::string text = agent_unit_text();
  for (const std::string line : {"User=sparekeep-agent", "CapabilityBoundingSet=CAP_DAC_READ_SEARCH", "AmbientCapabilities=CAP_DAC_READ_SEARCH", "ProtectHome=read-only",
                                 "ReadWritePaths=/var/lib/sparekeep/agent"})
    CHECK(has_line(text, line));
}

TEST_CASE("root is only behind the agent's own sockets") {
  CHECK(has_line(socket_unit_text("hook"), "ListenStream=/run/sparekeep/hook.sock"));
  CHECK(has_line(socket_unit_text("hook"), "SocketUser=sparekeep-agent"));
  CHECK(has_line(socket_unit_text("hook"), "SocketMode=0600"));
  CHECK(has_line(order_unit_text("restore"), "ExecStart=/usr/lib/sparekeep/current/sparekeep-agent restore-order"));
}
