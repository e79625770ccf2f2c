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
  const auto check = [&] { refuse_unfit_places(facts, fitness.fixture.release, plan); };
  CHECK_NOTHROW(check());
  SECTION("full") {
    facts.free_bytes["/usr/lib/sparekeep"] = 1 << 20;
    CHECK_THROWS_WITH(check(), "'/usr/lib/sparekeep' needs 64.0 MiB and 1.0 MiB are free; make room there");
    CHECK_NOTHROW(refuse_unfit_places(facts, fitness.fixture.release, {}));
  }
  SECTION("read-only") {
    facts.read_only.insert("/etc/sparekeep");
    CHECK_THROWS_WITH(check(), "'/etc/sparekeep' cannot be written to: its file system is mounted read-only, or its owner is somebody else");
  }
  SECTION("noexec") {
    facts.noexec = "/usr/lib";
    CHECK_THROWS_WITH(check(), "no program can be run from '/usr/lib', which is mounted noexec; mount it with exec");
  }
}

TEST_CASE("versions are compared by their numbers") {
  CHECK(is_older_version("2.4", "2.36"));
  CHECK(!is_older_version("2.36", "2.4"));
  CHECK(!is_older_version("2.36", "2.36"));
  CHECK(is_older_version("2.36", "2.36.1"));
}
