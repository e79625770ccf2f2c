// What a host says that no script of ours says, and faults that nobody thought of, are the matter of that host alone.
#include "installer/install/converge.h"

#include <fstream>
#include <sstream>

#include "installer/install/layout.h"
#include "installer/install/release.h"
#include "lib/crypt/certificate.h"
#include "lib/wire/identity.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

namespace sparekeep::central {

namespace {

// Two hosts below a folder, one after the other: what the programs of the release do on the first one is up to the test; on the second one they fail.
class World {
 public:
  explicit World(const std::string& daemon_of_first) {
    for (const std::string name : {"sparekeepd", "sparekeep-agent", "libisal.so.2"})
      std::ofstream(made_.folder / name) << "#!/bin/sh\ncase $2 in */first) ;; *) echo fails >&2; exit 1 ;; esac\n" << daemon_of_first;
    for (const std::string name : {"first", "second"}) {
      Host host{.name = name, .address = "127.0.0.1", .connection = Connection::local, .root = made_.folder / name};
      host.roles = {HostRole::storage, HostRole::backup}, host.zone = name, host.storage.port = name == "first" ? 17611 : 17621;
      hosts_.push_back(host);
    }
  }

  // Where the first host has its daemon of this release stands this one, which says so to whoever asks it for facts.
  void replace_daemon(const std::string& facts) {
    const Release release = read_release(made_.folder.path(), made_.folder / "known", system_clock().now());
    const Path program = made_.folder / ("first" + release_file(release.id, "sparekeepd"));
    std::filesystem::create_directories(program.parent_path());
    std::ofstream(program) << "#!/bin/sh\n[ \"$3\" != facts ] || printf '" + facts + "'\n";
    std::filesystem::permissions(program, std::filesystem::perms(0755));
  }

  // The failed tasks: "first storage: ...".
  std::vector<std::string> failures(std::function<void(std::string_view)> show_diff = {}) {
    std::istringstream in;
    std::ostringstream out, err;
    Console console({in, out, err}, {});
    HostTasks tasks(console, system_clock());
    HostDoor door(system_clock(), {});
    Inventory inventory;
    inventory.hosts = hosts_;
    ConvergeOptions options{.clock = system_clock(), .door = door, .programs = made_.folder.path(), .show_diff = std::move(show_diff), .forks = 1};
    const std::vector<ConvergedHost> converged = converge_hosts(central_, inventory, hosts_, options, tasks);
    REQUIRE(converged.size() == 2);
    CHECK((converged[0].failed && converged[1].failed));
    std::vector<std::string> failed;
    for (const TaskRecord& task : tasks.records())
      if (task.state == TaskState::failed) failed.push_back(task.host + " " + task.task + ": " + task.detail);
    return failed;
  }

 private:
  TestCentral made_;
  RunningCentral central_{{.state = made_.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made_.random};
  std::vector<Host> hosts_;
};

const std::string kSecondFails = "second storage: fails";

std::string identity() {
  SeededRandom random(3);
  const KeyPair key = make_tls_key(random);
  return to_json(IdentityAnswer{.host = random.id<HostId>(), .request = make_request(key.private_pem, "host").value(), .recipient = "", .version = "1"});
}

}  // namespace

TEST_CASE("a host that says who a program is that it has not fails, and the next one is worked on") {
  World world("cat <<'end'\n" + identity() + "\nidentity foo " + identity() + "\nask\nend\n");
  CHECK(world.failures() == std::vector<std::string>{"first storage: it says who 'foo' is, which is no program of it", kSecondFails});
}

TEST_CASE("a host that asks whether it works before it has said who it is fails, and the next one is worked on") {
  World world("printf 'x\\nstep health\\nask\\n'\n");
  const std::vector<std::string> failures = world.failures();
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].starts_with("first "));
  CHECK(failures[1] == kSecondFails);
}

TEST_CASE("what a program tells that is none of the release counts for nothing: the script is asked") {
  World world("echo fails >&2; exit 1\n");
  SECTION("no facts") { world.replace_daemon("uid 0\\nis it?\\nend\\n"); }
  SECTION("facts without a word of itself") { world.replace_daemon("uid 0\\narch m68k\\nend\\n"); }
  SECTION("facts that the script would not tell") {
    world.replace_daemon("uid 0\\narch m68k\\n" + std::string(64, 'a') + "  ./usr/lib/sparekeep/releases/x/sparekeepd\\nend\\n");
  }
  CHECK(world.failures() == std::vector<std::string>{"first storage: fails", kSecondFails});
}

TEST_CASE("a fault that is no Error is one host's, too") {
  World world("exit 1\n");
  CHECK(world.failures([](std::string_view) { throw std::logic_error("not thought of"); }) ==
        std::vector<std::string>{"first plan: this is a bug in sparekeep, or memory is short: not thought of",
                                 "second plan: this is a bug in sparekeep, or memory is short: not thought of"});
}

}  // namespace sparekeep::central
