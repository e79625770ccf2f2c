#include "installer/install/facts.h"

#include <fstream>

#include "installer/host/local_host.h"
#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

const std::string kDigest(64, 'b');

HostFacts facts_of(const Host& host) {
  LocalHost access(host.name, system_clock());
  return parse_facts(output_of(access, facts_script(host), std::chrono::seconds(60)).value()).value();
}

Host host_below(const Path& root) {
  Host host;
  host.name = "web1";
  host.root = root;
  host.connection = Connection::local;
  return host;
}

void write(const Path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a document of facts") {
  const HostFacts facts = parse_facts("uid 1000\nmachine 0123456789abcdef0123456789abcdef\nfree 2048\nfile /etc/x 640 1763851234.000000005 " + kDigest +
                                      "\ntext /etc/sparekeep/daemon.toml W2xpc3Rlbl0KcG9ydCA9IDc0MjEK\nmarker\nstored\n"
                                      "process sparekeepd 42 1763851235.500000000 replaced\nend\n")
                              .value();
  CHECK(facts.uid == 1000);
  CHECK(facts.free_bytes == 2 << 20);
  CHECK(facts.machine.hex() == "0123456789abcdef0123456789abcdef");
  CHECK(facts.files.at("/etc/x").mode == 0640);
  CHECK(facts.files.at("/etc/x").changed_nanoseconds == 1'763'851'234'000'000'005);
  CHECK(facts.files.at("/etc/x").digest.hex() == kDigest);
  CHECK(facts.has_marker);
  CHECK(facts.has_stored);
  CHECK(facts.processes.at("sparekeepd").pid == 42);
  CHECK(facts.processes.at("sparekeepd").replaced);
  CHECK(facts.daemon_port() == std::optional<uint16_t>(7421));
  CHECK(!facts.host_id());
}

TEST_CASE("what is no document of facts is refused") {
  CHECK(parse_facts("uid 0\n").error().text() == "the facts about a host do not end with 'end'");
  const std::vector<std::string> lines{"uid x", "uid", "file /etc/x 640 12 " + kDigest, "file /etc/x 640 1.000000000 abc", "text /x %%%",
                                       "process sparekeepd x 1.000000000 current", "hello", "machine 12"};
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(parse_facts(line + "\nend\n").error().text() == "no fact about a host: '" + line + "'");
  }
}

TEST_CASE("a folder that is not there yet, and one with files") {
  const TemporaryFolder folder;
  const Host host = host_below(folder / "it's a root");
  HostFacts facts = facts_of(host);
  CHECK(facts.files.empty());
  CHECK(facts.free_bytes > 0);
  CHECK(!std::filesystem::exists(host.root));

  write(Path(host.root) / "etc/sparekeep/host-id", std::string(32, 'c') + "\n");
  write(Path(host.root) / "etc/sparekeep/agent.toml", "host = \"web1\"\n");
  write(Path(host.root) / "srv/sparekeep/.sparekeep-storage", "x");
  facts = facts_of(host);
  CHECK(facts.host_id().value().hex() == std::string(32, 'c'));
  CHECK(facts.texts.at("/etc/sparekeep/agent.toml") == "host = \"web1\"\n");
  CHECK(facts.files.at("/etc/sparekeep/agent.toml").digest == sha256(as_bytes("host = \"web1\"\n")));
  CHECK(facts.has_marker);
  CHECK(!facts.has_stored);
}

TEST_CASE("a pid file that names a stranger is no process of ours") {
  const TemporaryFolder folder;
  write(folder / "run/sparekeepd.pid", std::to_string(::getpid()) + "\n");
  write(folder / "run/sparekeep-agent.pid", "999999999\n");
  CHECK(facts_of(host_below(folder.path())).processes.empty());
}
