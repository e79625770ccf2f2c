// Hosts that say ids which are not theirs: what the catalogue says of the true ones stays.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "installer/install/converge.h"
#include "installer/install/layout.h"
#include "installer/install/seen_ids.h"
#include "lib/base/hex.h"
#include "lib/wire/identity.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

namespace sparekeep::central {

namespace {

// In front of the PATH while it lives: the `head` by which a shell reads the script of a change. What it reads of host h9 is the lie instead.
class LyingShell {
 public:
  explicit LyingShell(const Path& folder) : folder_(folder / "bin"), path_(std::getenv("PATH")) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "head") << "#!/bin/sh\nscript=$(/usr/bin/head \"$@\"; echo x)\ncase $script in *\"/h9'\"*RELEASE=*) cat '" << (folder_ / "lie").native()
                                    << "' ;; *) printf %s \"${script%x}\" ;; esac\n";
    std::filesystem::permissions(folder_ / "head", std::filesystem::perms(0755));
    ::setenv("PATH", (folder_.native() + ":" + path_).c_str(), 1);
  }
  ~LyingShell() { ::setenv("PATH", path_.c_str(), 1); }
  LyingShell(const LyingShell&) = delete;
  void runs(const std::string& lie) { std::ofstream(folder_ / "lie") << lie; }

 private:
  const Path folder_;
  const std::string path_;
};

// web1 was installed once: it is in the catalogue with a certificate. h9 is a host of the inventory whose root somebody else has.
class World {
 public:
  World() {
    for (const std::string name : {"sparekeepd", "sparekeep-agent", "libisal.so.2"}) std::ofstream(made_.folder / name) << "#!/bin/sh\necho fails >&2; exit 1\n";
    inventory_.hosts = {host("h9"), host("web1")};
    central.declare({.host = {.id = id, .name = "web1", .address = "127.0.0.1", .zone = "a", .roles = {Role::agent}}, .daemon_port = {}, .daemon_address = {}});
    certificate = central.issue_certificate(request_of(key), id, {Role::agent});
  }

  static std::string request_of(const KeyPair& of) { return make_request(of.private_pem, "host").value(); }
  static std::string identity(const HostId& of, const std::string& request) {
    const IdentityAnswer answer{.host = of, .request = request, .recipient = std::string(64, 'a'), .version = "1"};
    return "printf '%s\\n' 'identity sparekeep-agent " + to_json(answer) + "'\n";
  }
  void no_inventory_names(const std::string& name) { std::erase_if(inventory_.hosts, [&](const Host& each) { return each.name == name; }); }
  void has(const std::string& name, std::string_view file, const std::string& text) {
    const Path path = made_.folder / (name + std::string(file));
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  // The failed tasks of these hosts, one after the other, after h9 ran `lie`.
  std::vector<std::string> failures(const std::string& lie, const std::vector<std::string>& names = {"h9"}) {
    shell_.runs(lie);
    std::istringstream in;
    std::ostringstream out, err;
    Console console({in, out, err}, {});
    HostTasks tasks(console, system_clock());
    HostDoor door(system_clock(), {});
    std::vector<Host> hosts;
    for (const std::string& name : names) hosts.push_back(host(name));
    converge_hosts(central, inventory_, hosts, {.clock = system_clock(), .door = door, .programs = made_.folder.path(), .forks = 1}, tasks);
    std::vector<std::string> failed;
    for (const TaskRecord& task : tasks.records())
      if (task.state == TaskState::failed) failed.push_back(task.host + " " + task.task + ": " + task.detail);
    return failed;
  }
  std::string name_of_id() {
    const std::optional<HostEntry> known = central.catalogue().host(id);
    return known ? known->name : "";
  }

 private:
  Host host(const std::string& name) const {
    Host host{.name = name, .address = "127.0.0.1", .connection = Connection::local, .root = made_.folder / name};
    host.roles = {HostRole::backup}, host.zone = name;
    return host;
  }

  TestCentral made_;
  LyingShell shell_{made_.folder.path()};
  Inventory inventory_;

 public:
  RunningCentral central{{.state = made_.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made_.random};
  const HostId id = made_.random.id<HostId>();
  const KeyPair key = make_tls_key(made_.random), own = make_tls_key(made_.random);
  std::string certificate;                             // of web1
};

const std::string kAsk = "echo ask\nread size\n", kEnd = "echo ends here >&2\nexit 1\n";

// What names the key of another and is signed by nobody.
std::string forged(const std::string& request) {
  const size_t begin = request.find('\n') + 1, end = request.find("\n-----END");
  std::string text = request.substr(begin, end - begin);
  std::erase(text, '\n');
  Bytes der = from_base64(text).value();
  der.back() ^= 1;
  return request.substr(0, begin) + to_base64(der) + request.substr(end);
}

}  // namespace

TEST_CASE("the id of a host that was removed is given for its key alone") {
  World world;
  world.has("h9", kHostIdFile, world.id.hex() + "\n");
  const std::string refusal = "it has the id '" + world.id.hex() + "' of a host that was removed, and no key of its roles here that proves it";
  std::string request = World::request_of(world.own);
  SECTION("its certificates are still known") { world.central.remove(world.id); }
  SECTION("its vault is still known") {
    world.central.remove(world.id);
    world.central.catalogue().forget_certificates(system_clock().now() + std::chrono::hours(24 * 365));
    REQUIRE(world.central.catalogue().certificates(world.id).empty());
    world.central.catalogue().put_vault({.id = {}, .epoch = 1, .owner = world.id, .signer = {}, .descriptor = {}});
  }
  SECTION("its certificate, which each of its peers has seen, is no key") {
    world.central.remove(world.id);
    world.has("h9", certificate_file(kAgentService), world.certificate);
    SECTION("with a request for another") { request = World::request_of(world.own); }
    SECTION("with a request that nobody signed") { request = forged(World::request_of(world.key)); }
  }
  const std::vector<std::string> failures = world.failures(World::identity(world.id, request) + kAsk + kEnd);
  REQUIRE(failures.size() == 1);
  INFO(failures[0]);
  CHECK(failures[0].find(refusal) != std::string::npos);
  CHECK(world.name_of_id().empty());
}

TEST_CASE("a host that was uninstalled proves itself by its key and certificate, and one that nobody knows needs no proof") {
  World world;
  const std::string honest = World::identity(world.id, World::request_of(world.key));
  SECTION("uninstalled") {
    world.central.remove(world.id);
    world.has("h9", kHostIdFile, world.id.hex() + "\n");
    world.has("h9", certificate_file(kAgentService), world.certificate);
  }
  SECTION("uninstalled, and its id was lost") {
    world.central.remove(world.id);
    world.has("h9", certificate_file(kAgentService), world.certificate);
  }
  SECTION("nobody knows it") {
    world.central.remove(world.id);
    world.central.catalogue().forget_certificates(system_clock().now() + std::chrono::hours(24 * 365));
  }
  CHECK(world.failures(honest + kAsk + kEnd) == std::vector<std::string>{"h9 change: ends here"});
  CHECK(world.name_of_id() == "h9");
  CHECK(world.central.catalogue().certificates(world.id).size() > 0);
}

// web1 has gone from the inventory, and so its id could be the former one of any host.
TEST_CASE("a host whose script does not ask, or asks too soon, changes nothing of the host whose id it says") {
  World world;
  world.no_inventory_names("web1");
  world.has("h9", kHostIdFile, world.id.hex() + "\n");
  const std::optional<HostEntry> before = world.central.catalogue().host(world.id);
  std::string lie, refusal = "h9 registration: its programs did not say who they are";
  SECTION("it does not ask") { lie = "exit 0\n"; }
  SECTION("it asks whether all works") { lie = "echo step health\n" + kAsk + "exit 0\n"; }
  SECTION("it asks whether all works after it said who it is with another key") {
    lie = World::identity(world.id, World::request_of(world.own)) + "echo step health\n" + kAsk + "exit 0\n";
  }
  SECTION("it says who it is with another key") {
    lie = World::identity(world.id, World::request_of(world.own)) + kAsk + "exit 0\n";
    refusal = "h9 change: it has the id of 'web1' and no key that proves it";
  }
  const std::vector<std::string> failures = world.failures(lie);
  REQUIRE(failures.size() == 1);
  INFO(failures[0]);
  CHECK(failures[0].starts_with(refusal));
  CHECK(world.central.catalogue().host(world.id) == before);
  CHECK(world.central.catalogue().certificates(world.id).size() == 1);
}

// The true one is worked on after it, and is not taken for the copy.
TEST_CASE("an id or machine id is its host's, also where another one says it first") {
  World world;
  world.has("web1", kHostIdFile, world.id.hex() + "\n");
  SECTION("when it is asked who it is") {
    const std::vector<std::string> failures = world.failures(World::identity(world.id, World::request_of(world.own)) + kAsk + kEnd, {"h9", "web1"});
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].starts_with("h9 change: it has the id of 'web1', which the inventory names, too"));
    CHECK(failures[1] == "web1 storage: fails");
  }
  SECTION("that it had before") {
    world.has("h9", kHostIdFile, world.id.hex() + "\n");
    const std::vector<std::string> failures = world.failures(kEnd, {"h9", "web1"});
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].starts_with("h9 facts: it has the id of 'web1', which the inventory names, too"));
    CHECK(failures[1] == "web1 storage: fails");
  }
  CHECK(world.name_of_id() == "web1");
}

TEST_CASE("a machine id is that of the hosts that the catalogue and the inventory name with it, else of the first one that says it") {
  TestCentral made;
  SqliteCatalogue catalogue(made.folder / "catalogue.db");
  const MachineId known = made.random.id<MachineId>(), gone = made.random.id<MachineId>(), fresh = made.random.id<MachineId>();
  Inventory inventory;
  for (const std::string name : {"h9", "store1", "store2", "here"}) inventory.hosts.push_back({.name = name});
  const auto put = [&](const std::string& name, const MachineId& machine, bool local = false) {
    catalogue.put_host({.id = made.random.id<HostId>(), .name = name, .machine = machine, .local = local});
  };
  put("store1", known), put("renamed", gone), put("here", fresh, true);
  SeenIds seen(catalogue, inventory);
  CHECK_THROWS_WITH(seen.check_machine(known, "h9"), "it has the same machine id as 'store1'; if it is a copy, give it one of its own: "
                                                     "rm /etc/machine-id && systemd-machine-id-setup");
  CHECK_NOTHROW(seen.check_machine(known, "store1"));
  CHECK_NOTHROW(seen.check_machine(gone, "store2"));
  CHECK_NOTHROW(seen.check_machine(fresh, "h9"));
  CHECK_THROWS_WITH(seen.check_machine(fresh, "store1"), Catch::StartsWith("it has the same machine id as 'h9'"));
  CHECK_NOTHROW(seen.check_machine({}, "h9"));
  CHECK_NOTHROW(seen.check_machine({}, "store1"));
}

}  // namespace sparekeep::central
