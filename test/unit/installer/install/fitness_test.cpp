#include "installer/install/fitness.h"

#include "installer/install/packed_program.h"
#include "test/support/catch.h"
#include "test/unit/installer/install/install_fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct Fitness {
  Fitness() {
    fixture.be_real();
    facts = {.architecture = "x86_64", .glibc = "2.36", .init = "systemd", .now = fixture.now};
    fixture.release.architecture = "x86_64";
    fixture.release.glibc = "2.34";
  }
  void check() const { refuse_unfit_host(fixture.host, facts, fixture.release, fixture.now); }

  InstallFixture fixture;
  HostFacts facts;
};

}  // namespace

TEST_CASE("what a host is refused for, before anything on it is changed") {
  Fitness fitness;
  CHECK_NOTHROW(fitness.check());
  SECTION("not root") {
    fitness.facts.uid = 1000;
    CHECK_THROWS_WITH(fitness.check(), "the login is not root (uid 1000); set become = true or give -b for sudo, or set user = \"root\"");
  }
  SECTION("no systemd") {
    fitness.fixture.host.supervise = Supervise::systemd;
    fitness.facts.init = "runit";
    CHECK_THROWS_WITH(fitness.check(), "systemd is to keep its programs running and its process 1 is 'runit'; set supervise = \"process\"");
  }
  SECTION("clock") {
    fitness.facts.now = fitness.fixture.now - std::chrono::hours(3);
    CHECK_THROWS_WITH(fitness.check(), "its clock is 3 h 0 m behind the central's, so that certificates would not hold; set it, for example by timedatectl set-ntp true");
  }
  SECTION("architecture") {
    fitness.facts.architecture = "aarch64";
    CHECK_THROWS_WITH(fitness.check(), "it is a machine of 'aarch64' and the programs here are for 'x86_64'; install from a central that has them for it");
  }
  SECTION("glibc") {
    fitness.facts.glibc = "2.4";
    CHECK_THROWS_WITH(fitness.check(), "its GNU C library is '2.4' and the programs need '2.34' or later; upgrade the host, or build them on an older system");
    fitness.facts.glibc = "";
    CHECK_THROWS_WITH(fitness.check(), "it has no GNU C library, which the programs need from version 2.34 on");
  }
}

TEST_CASE("places that cannot take what is to be placed, and only those") {
  Fitness fitness;
  const HostFacts none;
  const Plan plan = fitness.fixture.plan(none);
  HostFacts& facts = fitness.facts;
  const auto check = [&] { refuse_unfit_places(fitness.fixture.host, facts, fitness.fixture.release, plan); };
  CHECK_NOTHROW(check());
  SECTION("full") {
    facts.free_bytes["/usr/lib/sparekeep"] = 1 << 20;
    CHECK_THROWS_WITH(check(), "'/usr/lib/sparekeep' needs 64.0 MiB and 1.0 MiB are free; make room there");
    CHECK_NOTHROW(refuse_unfit_places(fitness.fixture.host, facts, fitness.fixture.release, {}));
  }
  SECTION("read-only") {
    facts.read_only.insert("/etc/sparekeep");
    CHECK_THROWS_WITH(check(), "'/etc/sparekeep' cannot be written to: its file system is mounted read-only, it is immutable (chattr -i), or its owner is somebody else");
  }
  SECTION("no inodes") {
    facts.free_inodes["/etc/sparekeep"] = 3;
    CHECK_THROWS_WITH(check(), "'/etc/sparekeep' needs 64 inodes and 3 are free (df -i); remove small files from its file system");
  }
  SECTION("immutable") {
    facts.fixed = {"/etc/sparekeep/agent.toml"};
    CHECK_THROWS_WITH(check(),
                      "'/etc/sparekeep/agent.toml' has to change and cannot: it is immutable or append-only (take that away by chattr -i -a), or mounted read-only");
    CHECK_NOTHROW(refuse_unfit_places(fitness.fixture.host, facts, fitness.fixture.release, {}));
  }
  SECTION("a folder above that is immutable") {
    facts.fixed = {"/usr/lib/sparekeep/releases"};
    CHECK_THROWS_WITH(check(),
                      "'/usr/lib/sparekeep/releases' has to change and cannot: it is immutable or append-only (take that away by chattr -i -a), or mounted read-only");
  }
  SECTION("a taken port") {
    facts.port_taker = PortTaker{.pid = 12, .program = "nc"};
    CHECK_THROWS_WITH(check(), "its daemon is to listen at port 7421, which 'nc' (pid 12) has taken; end that, or set storage.port");
    facts.units["sparekeepd.service"].pid = 12;
    CHECK_NOTHROW(check());
    facts.port_taker->pid = 0;
    CHECK_THROWS_WITH(check(), "its daemon is to listen at port 7421, which another program has taken; end that, or set storage.port");
    CHECK_NOTHROW(refuse_unfit_places(fitness.fixture.host, facts, fitness.fixture.release, {}));
  }
  SECTION("noexec") {
    facts.noexec = "/usr/lib";
    CHECK_THROWS_WITH(check(), "no program can be run from '/usr/lib', which is mounted noexec; mount it with exec");
  }
}

TEST_CASE("a unit that a drop-in makes run something else is left alone, and the drop-in is named") {
  Fitness fitness;
  HostFacts facts = fitness.fixture.facts_as_desired();
  const auto check = [&] { refuse_unfit_places(fitness.fixture.host, facts, fitness.fixture.release, fitness.fixture.plan(facts)); };
  UnitFact& unit = facts.units["sparekeepd.service"];
  unit.drop_ins = {{"/etc/systemd/system/sparekeepd.service.d/own.conf", "ExecStart"}};
  CHECK_NOTHROW(check());                            // it starts ours, in a way of its own
  facts.processes.erase("sparekeepd");
  CHECK_THROWS_WITH(check(), "sparekeepd.service runs another program than the one that install brings: '/etc/systemd/system/sparekeepd.service.d/own.conf' "
                             "sets ExecStart; take that out, and run it again after systemctl daemon-reload");
  unit.state = "failed";
  CHECK_NOTHROW(check());
  CHECK(reason_to_start(kDaemonService, facts, fitness.fixture.plan(facts), Supervision::systemd) ==
        "not running ('/etc/systemd/system/sparekeepd.service.d/own.conf' sets ExecStart)");
}

TEST_CASE("versions are compared by their numbers") {
  CHECK(is_older_version("2.4", "2.36"));
  CHECK(!is_older_version("2.36", "2.4"));
  CHECK(!is_older_version("2.36", "2.36"));
  CHECK(is_older_version("2.36", "2.36.1"));
}
