// init, systems and master as they are typed.
#include "installer/central/running_central.h"
#include "test/support/catch.h"
#include "test/unit/installer/commands/typed.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

HostDeclaration storage_system(const HostId& id) {
  HostDeclaration out;
  out.host.id = id;
  out.host.name = "store1";
  out.host.address = "127.0.0.1";
  out.host.zone = "rack-a";
  out.host.local = true;
  out.daemon_port = uint16_t{1};
  return out;
}

}  // namespace

TEST_CASE("init makes a state once") {
  const Typed typed;
  const Ran first = typed.init();
  CHECK(first.err == "");
  CHECK(first.code == 0);
  CHECK(first.out.starts_with("made the central's state in " + typed.quoted() + "\ncertificate authority, SHA-256: "));
  CHECK(first.out.ends_with("\nthe recovery key is in '" + (typed.folder / "recovery").string() + "': take it offline\n"));
  const Ran second = typed.run({"init", "--recovery-key", (typed.folder / "other").string()});
  CHECK(second.code == 1);
  CHECK(second.err == "error: there is a central state in " + typed.quoted() + " already; nothing was changed\n");
  CHECK_FALSE(std::filesystem::exists(typed.folder / "other"));
}

TEST_CASE("init without a terminal wants a file; on one it prints the recovery file once") {
  const Typed typed;
  const Ran refused = typed.run({"init"});
  CHECK(refused.code == 2);
  CHECK(refused.err == "error: the recovery key can be printed on a terminal only; say --recovery-key FILE\n");
  CHECK(typed.run({"init", "--escrow", "nowhere"}).err == "error: --escrow is 'nowhere'; 'central' or 'offline' is expected\n");
  const Ran printed = typed.run({"init"}, true);
  CHECK(printed.code == 0);
  CHECK(printed.out.find("\nformat = \"sparekeep recovery 1\"\nroot = \"") != std::string::npos);
}

TEST_CASE("init writes no key into the state that it makes, and leaves nothing behind where it was to") {
  const Typed typed;
  const std::string inside = (typed.state / "x").string(), refused = "error: '" + inside + "' lies in the state that is to be made; name a file elsewhere, " +
                                                                     "where it can be taken offline\n";
  CHECK(typed.run({"init", "--recovery-key", inside}).err == refused);
  CHECK(typed.run({"init", "--recovery-key", (typed.folder / "recovery").string(), "--admin-key", inside}).err == refused);
  CHECK(list_folder(typed.folder.path()).value().empty());
}

TEST_CASE("commands without a state say what to run") {
  const Typed typed;
  for (const char* command : {"systems", "master"}) {
    const Ran ran = typed.run({command});
    CHECK(ran.code == 10);
    CHECK(ran.err == "error: no central state in " + typed.quoted() + "; run sparekeep init\n");
  }
}

TEST_CASE("former hosts of a name are taken out of the catalogue, and the one that has it now stays") {
  const Typed typed;
  typed.init();
  const HostId former{{1}}, living{{2}};
  const auto central = [&] { return RunningCentral({.state = typed.state, .address = "127.0.0.1", .port = {}}, system_clock(), system_random()); };
  {
    RunningCentral running = central();
    running.declare(storage_system(former)), running.set_declared(former, false);
    running.declare(storage_system(living));
  }
  const Ran ran = typed.run({"uninstall", "--former", "store1"});
  CHECK(ran.err == "");
  CHECK(ran.out == "removed the registration of the former 'store1', id " + former.hex() + "\n");
  const Ran again = typed.run({"uninstall", "--former", living.hex()});
  CHECK(again.code == 2);
  CHECK(again.err == "error: no former host is called '" + living.hex() +
                         "'; the name or id of one that sparekeep systems lists as undeclared is expected\n");
  CHECK(typed.run({"uninstall", "--former", "store1", "--purge"}).code == 2);
  RunningCentral running = central();
  CHECK(!running.catalogue().host(former));
  REQUIRE(running.catalogue().host_named("store1"));
  CHECK(running.catalogue().host_named("store1")->id == living);
  CHECK(running.systems().size() == 1);
}

TEST_CASE("what a lost catalogue held is not known while no system can be reached") {
  const Typed typed;
  typed.init();
  {
    RunningCentral central({.state = typed.state, .wait_lock = {}, .address = "127.0.0.1", .port = {}}, system_clock(), system_random());
    central.declare(storage_system(system_random().id<HostId>()));          // nobody listens on its port
  }
  CHECK(typed.run({"snapshots"}).out == "no snapshots\n");
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(typed.state / (std::string("catalogue.db") + end));
  const std::vector<std::vector<std::string>> commands{{"snapshots"}, {"snapshots", "--json"}, {"jobs"}, {"check"}, {"show", "web@latest"}, {"ls", "web@latest"},
                                                       {"restore", "web/web1@latest", "--target", "/t"}};
  for (const std::vector<std::string>& command : commands) {
    const Ran ran = typed.run(command);
    INFO(command.front());
    CHECK(ran.code == 5);
    CHECK(ran.out == "");
    CHECK(ran.err == "error: the catalogue was lost, and the systems that could tell what it held cannot be reached: store1; nothing is known of jobs and snapshots "
                     "until one of them answers: start it, and run this again\n");
  }
}

TEST_CASE("systems and master show what the central knows") {
  const Typed typed;
  typed.init();
  CHECK(typed.run({"--json", "systems"}).out == "[]\n");
  CHECK(typed.run({"systems"}).out == "there are no storage systems yet; sparekeep install makes them\n");
  const HostId id = system_random().id<HostId>();
  {
    RunningCentral central({.state = typed.state, .wait_lock = {}, .address = "127.0.0.1", .port = {}}, system_clock(), system_random());
    central.declare(storage_system(id));
  }
  CHECK(typed.run({"master", "--diff", "1"}).out == "+ store1 (new)\n");
  CHECK(typed.run({"master", "--diff", "2", "1"}).out == "- store1\n");
  CHECK(typed.run({"master", "--diff", "1", "1.1"}).out == "the same systems, and nothing that is published of them differs\n");
  const Ran json = typed.run({"master", "--json"});
  CHECK(json.out.starts_with("{\"version\":2,\"epoch\":1,\"issued_at\":\""));
  CHECK(json.out.find("\"systems\":[{\"name\":\"store1\",\"address\":\"127.0.0.1\",\"port\":1,\"available_bytes\":0,") != std::string::npos);
  CHECK(typed.run({"master", "--version", "1", "--json"}).out.starts_with("{\"version\":1,"));
  CHECK(typed.run({"master", "--version", "7"}).err == "error: there is no master file 1.7\n");
  CHECK(typed.run({"master", "1"}).err == "error: a second version is compared with --diff A B only\n");

  const std::string file = (typed.state / "master" / "1.2.bin").string();
  CHECK(typed.run({"master", "--verify", file}).out == "'" + file + "': master file 1.2, its chain of signatures is good\n");
  Bytes object = read_file(file, kMasterSizeMax).value();
  object.back() ^= 1;
  const std::string altered = (typed.folder / "altered").string();
  write_durably(altered, object).value();
  const Ran refused = typed.run({"master", "--verify", altered});
  CHECK(refused.code == 1);
  CHECK(refused.err == "error: '" + altered + "': master file: its signature does not verify\n");

  // Nobody listens on port 1: the system is asked, and is offline.
  const Ran systems = typed.run({"systems", "--json"});
  CHECK(systems.out.starts_with("[{\"name\":\"store1\",\"state\":\"offline\",\"zone\":\"rack-a\",\"capacity_bytes\":0,\"available_bytes\":0,"
                                "\"stored_bytes\":0,\"reported_at\":null,"));
}
