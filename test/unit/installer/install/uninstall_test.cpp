// Which host uninstall takes out of the catalogue, whatever the host itself says.
#include "installer/install/uninstall.h"

#include <fstream>
#include <sstream>

#include "installer/install/layout.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

namespace sparekeep::central {

namespace {

// One host below a folder, registered as store1 with a certificate; what stands in its host-id is up to the test.
class World {
 public:
  World() {
    host_.name = "store1", host_.address = "127.0.0.1", host_.connection = Connection::local, host_.root = made_.folder / "store1", host_.zone = "a";
    host_.roles = {HostRole::storage};
    register_as("store1", id, 17421);
    const KeyPair key = make_tls_key(made_.random);
    serial_ = read_certificate(central.issue_certificate(make_request(key.private_pem, "host").value(), id, {Role::daemon})).value().serial;
  }

  void register_as(const std::string& name, const HostId& as, std::optional<uint16_t> port = {}) {
    const HostEntry host{.id = as, .name = name, .address = "127.0.0.1", .zone = "a", .roles = {Role::daemon}, .local = true};
    central.declare({.host = host, .daemon_port = port, .daemon_address = {}});
  }

  void says(const std::string& told) {
    const Path file = host_.root + std::string(kHostIdFile);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << told << "\n";
  }

  // What the task `registration removed` says, or the failed one.
  std::string uninstall() {
    std::istringstream in;
    std::ostringstream out, err;
    Console console({in, out, err}, {});
    HostTasks tasks(console, system_clock());
    HostDoor door(system_clock(), {});
    uninstall_hosts(central, {host_}, {.clock = system_clock(), .door = door, .forks = 1}, tasks);
    const TaskRecord last = tasks.records().back();
    return std::string(task_state_name(last.state)) + " " + last.task + (last.detail.empty() ? "" : ": " + last.detail);
  }

  bool is_registered() { return central.catalogue().host(id) || !central.systems().empty() || !central.master()->file.is_revoked(serial_); }

 private:
  TestCentral made_;
  Host host_;
  std::string serial_;

 public:
  RunningCentral central{{.state = made_.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made_.random};
  const HostId id = made_.random.id<HostId>(), other = made_.random.id<HostId>();
};

}  // namespace

TEST_CASE("a host is taken out of the catalogue and its certificates are revoked, whatever id it says") {
  World world;
  SECTION("its own") {
    world.says(world.id.hex());
    CHECK(world.uninstall() == "changed registration removed");
    CHECK(world.uninstall() == "ok registration removed");
  }
  SECTION("none") { CHECK(world.uninstall() == "changed registration removed"); }
  SECTION("one that nobody has") {
    world.says(world.other.hex());
    CHECK(world.uninstall() == "changed registration removed: id " + world.id.hex() + "; the host itself says " + world.other.hex() +
                                   ", which is not its own: it was made anew, or somebody else has changed it");
  }
  SECTION("one that had its name before") {
    world.register_as("store1", world.other);
    world.central.set_declared(world.other, false), world.central.set_declared(world.id, true);
    world.says(world.other.hex());
    CHECK(world.uninstall().starts_with("changed registration removed: id " + world.id.hex()));
    CHECK(world.central.catalogue().host(world.other));
  }
  CHECK(!world.is_registered());
}

TEST_CASE("the id of another host, or of a name that several hosts have, is refused and nothing is removed") {
  World world;
  SECTION("of another name") {
    world.register_as("store2", world.other);
    world.says(world.other.hex());
    CHECK(world.uninstall().starts_with("failed uninstall: it has the id of 'store2'; if that is its old name"));
  }
  SECTION("two of its name, of which none is declared") {
    world.register_as("store1", world.other);
    world.central.set_declared(world.other, false);
    CHECK(world.uninstall().starts_with("failed uninstall: the name 'store1' is held by several hosts"));
  }
  CHECK(world.is_registered());
}

}  // namespace sparekeep::central
