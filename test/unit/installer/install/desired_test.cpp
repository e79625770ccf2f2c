#include "agent/settings.h"
#include "daemon/settings.h"
#include "lib/config/toml.h"
#include "test/support/catch.h"
#include "test/unit/installer/install/install_fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

TEST_CASE("daemon.toml of a local host, whole") {
  const InstallFixture fixture;
  CHECK(daemon_settings_text(fixture.host, fixture.central, 17421) ==
        "# written by sparekeep install: what is changed here by hand is set back by the next one\n"
        "host = \"store1\"\nroot_key = \"" + fixture.central.root.hex() + "\"\n"
        "\n[listen]\naddress = \"127.0.0.1\"\nport = 17421\n"
        "\n[central]\naddress = \"127.0.0.1\"\nport = 7420\nretry = \"200ms\"\n"
        "\n[storage]\npath = \"/srv/sparekeep\"\nkeep_free = \"10%\"\nlock = \"30d\"\n");
}

TEST_CASE("the daemon reads what was declared") {
  InstallFixture fixture;
  fixture.host.storage.path = "/mnt/a \"b\"\\c";
  fixture.host.storage.keep_free = {.percent = std::nullopt, .bytes = 5'000'000'000};
  fixture.host.storage.quota_bytes = 200ull << 30;
  fixture.host.storage.lock = std::chrono::minutes(90);
  const ConfigTable table = parse_toml(daemon_settings_text(fixture.host, fixture.central, 7000), "daemon.toml").value();
  const daemon::DaemonSettings settings = daemon::daemon_keys().read(table);
  CHECK(settings.host == "store1");
  CHECK(settings.root_key == fixture.central.root);
  CHECK(settings.listen.port == 7000);
  CHECK(settings.storage.path == fixture.host.storage.path);
  CHECK(settings.storage.keep_free.bytes == 5'000'000'000);
  CHECK(settings.storage.quota_bytes == 200ull << 30);
  CHECK(settings.storage.lock == std::chrono::minutes(90));
}

TEST_CASE("the agent reads what was declared") {
  InstallFixture fixture;
  fixture.host.allow_restore_to = {"/a", "/b \"c\""};
  fixture.host.zone = "rack \"2\"";
  MachineId machine;
  machine.value[3] = 7;
  const ConfigTable table = parse_toml(agent_settings_text(fixture.host, fixture.central, machine), "agent.toml").value();
  const agent::AgentSettings settings = agent::agent_keys().read(table);
  CHECK(settings.host == "store1");
  CHECK(settings.central.port == 7420);
  CHECK(settings.central.retry == std::chrono::milliseconds(200));
  CHECK(settings.allow_restore_to == fixture.host.allow_restore_to);
  CHECK(settings.local);
  CHECK(settings.zone == "rack \"2\"");
  CHECK(settings.machine == machine);
}

TEST_CASE("a host gets the programs of its roles alone") {
  InstallFixture fixture;
  fixture.host.roles = {HostRole::backup};
  CHECK(paths_of(fixture.desired().files) == std::vector<std::string>{"/usr/lib/sparekeep/libisal.so.2", "/usr/lib/sparekeep/sparekeep-agent",
                                                                      "/etc/sparekeep/delegation.bin", "/etc/sparekeep/agent.toml"});
  fixture.host.roles = {};
  CHECK(fixture.desired().files.empty());
}
