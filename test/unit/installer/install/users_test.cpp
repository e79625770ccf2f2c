#include "installer/install/users.h"

#include "test/support/catch.h"
#include "test/unit/installer/install/install_fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;
using Names = std::vector<std::string>;

namespace {

struct Users : InstallFixture {
  Users() {
    be_real();
    facts = facts_as_desired();
    for (const Service& service : {kDaemonService, kAgentService})
      for (const std::string& path : private_keys(service))
        facts.files[path] = {.mode = 0600, .owner = std::string(service.program) + ":" + std::string(service.program)};
  }
  void give_files(const Service& service, const std::string& user, unsigned uid) {
    std::vector<std::string> paths = private_keys(service);
    paths.emplace_back(service.state);
    for (const std::string& path : paths) facts.files[path].owner = user + ":" + std::string(service.program), facts.files[path].uid = uid;
  }
  HostFacts facts;
};

}  // namespace

TEST_CASE("what a system user has that it is not made with is set back; a program that took it along starts again") {
  Users world;
  CHECK(world.plan(world.facts).empty());
  UserFact& user = world.facts.users["sparekeepd"];
  Names wrong, options, starts;
  bool stops = false;
  SECTION("shell") { user.shell = "/bin/bash", wrong = {"shell /bin/bash"}, options = {"--shell", "/usr/sbin/nologin"}; }
  SECTION("home") { user.home = "/root", wrong = {"home /root"}, options = {"--home", "/nonexistent"}, starts = {"sparekeepd"}, stops = true; }
  SECTION("password") { user.has_password = true, wrong = {"a password"}, options = {"--password", "!"}; }
  SECTION("primary group") { user.groups = {"nogroup"}, wrong = {"group nogroup"}, options = {"--gid", "sparekeepd"}; }
  SECTION("more groups") { user.groups = {"sparekeepd", "docker", "adm"}, wrong = {"in docker adm"}, options = {"--groups", ""}, starts = {"sparekeepd"}; }
  SECTION("its own as one more") { user.groups = {"adm", "sparekeepd"}, wrong = {"group adm"}, options = {"--gid", "sparekeepd"}; }
  const Plan plan = world.plan(world.facts);
  REQUIRE(plan.mends.size() == 1);
  CHECK(plan.mends[0].name == "sparekeepd");
  CHECK(plan.mends[0].wrong == wrong);
  CHECK(plan.mends[0].options == options);
  CHECK(plan.mends[0].stops == stops);
  CHECK(programs_of(plan.starts) == starts);
  CHECK(!plan.empty());
}

TEST_CASE("what may differ between hosts is nothing to be set back") {
  Users world;
  SECTION("where nologin lies") { world.facts.users["sparekeepd"].shell = "/sbin/nologin"; }
  SECTION("false") { world.facts.users["sparekeepd"].shell = "/bin/false"; }
  SECTION("groups that are not told") { world.facts.users["sparekeepd"].groups.clear(); }
  SECTION("a user whose program is not to be here") {
    world.host.roles = {HostRole::storage};
    world.facts = world.facts_as_desired();
    world.facts.users["sparekeep-agent"] = {.uid = 0, .home = "/root"};
  }
  CHECK(world.plan(world.facts).mends.empty());
}

// A run was cut off after it had made a user whose number was taken, and before that one got its files.
TEST_CASE("files that are root's are given to their user") {
  Users world;
  world.give_files(kDaemonService, "root", 0);
  const Plan plan = world.plan(world.facts);
  REQUIRE(plan.folders.size() == 1);
  CHECK(plan.folders[0].path == kDaemonService.state);
}

TEST_CASE("numbers that nobody but the admin can set right are refused") {
  Users world;
  SECTION("root") {
    world.facts.users["sparekeepd"].uid = 0;
    CHECK_THROWS_WITH(world.plan(world.facts), "the user 'sparekeepd' has the uid 0, so that its program would run as root; give it a number of its own in "
                                               "/etc/passwd by vipw (the one it had, where it has files), and run it again");
  }
  SECTION("another than its files have") {
    world.give_files(kAgentService, "997", 997);
    CHECK_THROWS_WITH(world.plan(world.facts), "the user 'sparekeep-agent' has the uid 998 and its files belong to the uid 997; give it back its number by usermod -u "
                                               "997 sparekeep-agent, or give it its files by chown -hR sparekeep-agent: /var/lib/sparekeep/agent, and run it again");
  }
  SECTION("somebody else's") {
    world.give_files(kAgentService, "www", 998);
    CHECK_THROWS_WITH(world.plan(world.facts), "the users 'sparekeep-agent' and 'www' share the uid 998; give it a number of its own in /etc/passwd by "
                                               "vipw, and run it again");
  }
}

TEST_CASE("a folder alone that another owns, and files of a user that is gone, are given to the user") {
  Users world;
  SECTION("folder") { world.facts.files["/var/lib/sparekeep/daemon"].owner = "nobody:sparekeepd", world.facts.files["/var/lib/sparekeep/daemon"].uid = 65534; }
  SECTION("gone") { world.give_files(kDaemonService, "997", 997), world.facts.users.erase("sparekeepd"); }
  const Plan plan = world.plan(world.facts);
  CHECK(plan.folders.size() == 1);
  CHECK(plan.mends.empty());
  CHECK(plan.users.empty() == world.facts.users.contains("sparekeepd"));
  if (!plan.users.empty()) CHECK(reason_to_start(kDaemonService, world.facts, plan, Supervision::systemd) == "its user is made anew");
}
