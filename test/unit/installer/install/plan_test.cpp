#include "installer/install/spoken.h"
#include "test/support/catch.h"
#include "test/unit/installer/install/install_fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;
using Names = std::vector<std::string>;

namespace {

const Names kBoth{"sparekeepd", "sparekeep-agent"};

}  // namespace

TEST_CASE("a new host gets everything") {
  const InstallFixture fixture;
  const Plan plan = fixture.plan({});
  CHECK(paths_of(plan.programs) == Names{fixture.program("libisal.so.2"), fixture.program("sparekeepd"), fixture.program("sparekeep-agent")});
  CHECK(paths_of(plan.settings) == Names{"/etc/sparekeep/delegation.bin", "/etc/sparekeep/daemon.toml", "/etc/sparekeep/agent.toml"});
  CHECK(programs_of(plan.certificates) == kBoth);
  CHECK(programs_of(plan.starts) == kBoth);
  CHECK(plan.make_storage);
}

TEST_CASE("a host that is as declared gets nothing") {
  const InstallFixture fixture;
  CHECK(fixture.plan(fixture.facts_as_desired()).empty());
}

TEST_CASE("drift in one file is set back, and who reads it starts again") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  SECTION("content") { facts.files["/etc/sparekeep/agent.toml"].digest = {}; }
  SECTION("mode") { facts.files["/etc/sparekeep/agent.toml"].mode = 0666; }
  SECTION("gone") { facts.files.erase("/etc/sparekeep/agent.toml"); }
  const Plan plan = fixture.plan(facts);
  CHECK(paths_of(plan.settings) == Names{"/etc/sparekeep/agent.toml"});
  CHECK(programs_of(plan.starts) == Names{"sparekeep-agent"});
  CHECK(reason_to_start(kAgentService, facts, plan, Supervision::folder) == "/etc/sparekeep/agent.toml changes");
  CHECK(plan.programs.empty());
  CHECK(plan.certificates.empty());
}

TEST_CASE("a new shared library starts both programs") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.files[fixture.program("libisal.so.2")].digest = {};
  CHECK(programs_of(fixture.plan(facts).starts) == kBoth);
}

TEST_CASE("another release is switched to and proven, and both programs start") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.files[std::string(kCurrentLink)].target = "releases/0.0.9-aaaaaaaaaaaa";
  facts.files[release_folder("0.0.9-aaaaaaaaaaaa")].type = 'd';
  facts.files.erase(proven_file(fixture.release.id));
  const Plan plan = fixture.plan(facts);
  CHECK(facts.current_release() == "0.0.9-aaaaaaaaaaaa");
  CHECK(plan.switches);
  CHECK(plan.proves);
  CHECK(plan.programs.empty());
  CHECK(programs_of(plan.starts) == kBoth);
  CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::folder) == "release " + fixture.release.id);
}

TEST_CASE("a release that was not proven is proven by the next run, which starts nothing that runs") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.files.erase(proven_file(fixture.release.id));
  const Plan plan = fixture.plan(facts);
  CHECK(!plan.empty());
  CHECK(plan.proves);
  CHECK(!plan.switches);
  CHECK(plan.starts.empty());
}

TEST_CASE("the release before stays, and whatever else lies about goes") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.files[std::string(kPreviousLink)] = {.type = 'l', .target = "releases/0.0.9-aaaaaaaaaaaa"};
  for (const std::string& release : {std::string("0.0.9-aaaaaaaaaaaa"), fixture.release.id}) facts.files[release_folder(release)].type = 'd';
  CHECK(fixture.plan(facts).empty());
  SECTION("an older release") { facts.files[release_folder("0.0.8-bbbbbbbbbbbb")].type = 'd'; }
  SECTION("a build before releases") { facts.files["/usr/lib/sparekeep/sparekeep-agent"] = {}; }
  SECTION("what was kept") { facts.files["/usr/lib/sparekeep/kept"].type = 'd'; }
  const Plan plan = fixture.plan(facts);
  CHECK(plan.tidies);
  CHECK(!plan.proves);
  CHECK(plan.starts.empty());
}

TEST_CASE("a daemon takes up what it keeps free and its quota without a new start, where nothing else has changed") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  const std::string file(kDaemonService.settings);
  std::string& text = facts.texts[file];
  text.replace(text.find("keep_free = "), text.find('\n', text.find("keep_free = ")) - text.find("keep_free = "), "keep_free = \"7%\"\nquota = \"1 B\"");
  facts.files[file].digest = sha256(as_bytes(text));
  const Plan plan = fixture.plan(facts);
  CHECK(programs_of(plan.rereads) == Names{"sparekeepd"});
  CHECK(plan.starts.empty());
  CHECK(plan.only_rereads());
  CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::folder) == "/etc/sparekeep/daemon.toml changes");
  SECTION("the lock time has changed, too") { text += "lock = \"9d\"\n"; }
  SECTION("a comment has") { text += "# by hand\n"; }
  SECTION("its library is newer") { facts.files[fixture.program("libisal.so.2")].changed_nanoseconds = 3000; }
  SECTION("it does not run") { facts.processes.erase("sparekeepd"); }
  SECTION("it is of another release") { facts.files[std::string(kCurrentLink)].target = "releases/0.0.1-aaaaaaaaaaaa"; }
  const Plan starts = fixture.plan(facts);
  CHECK(starts.rereads.empty());
  CHECK(programs_of(starts.starts).at(0) == "sparekeepd");
  CHECK(!starts.only_rereads());
}

TEST_CASE("a process that began before what it reads was written is started: the run that wrote it did not come to that") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.files["/etc/sparekeep/daemon.toml"].changed_nanoseconds = 3000;
  const Plan plan = fixture.plan(facts);
  CHECK(programs_of(plan.starts) == Names{"sparekeepd"});
  CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::folder) == "/etc/sparekeep/daemon.toml is newer");
  CHECK(plan.settings.empty());
}

TEST_CASE("a dead process and one of a replaced program are started") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.processes.erase("sparekeepd");
  facts.processes["sparekeep-agent"].replaced = true;
  const Plan plan = fixture.plan(facts);
  CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::folder) == "not running");
  CHECK(reason_to_start(kAgentService, facts, plan, Supervision::folder) == "its program was replaced");
  CHECK(plan.settings.empty());
}

TEST_CASE("a process that is stopped is started anew") {
  InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.processes["sparekeepd"].stopped = true;
  const Plan plan = fixture.plan(facts);
  CHECK(programs_of(plan.starts) == Names{"sparekeepd"});
  CHECK(reason_to_start(kDaemonService, facts, plan, fixture.supervision) == "it is stopped (SIGSTOP or a debugger)");
}

TEST_CASE("a certificate that does not hold is asked for again") {
  InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  const std::string file = certificate_file(kDaemonService);
  SECTION("gone") { facts.texts.erase(file); }
  SECTION("no certificate") { facts.texts[file] = "text"; }
  SECTION("of the other role") { facts.texts[file] = facts.texts[certificate_file(kAgentService)]; }
  SECTION("revoked") { fixture.revoked = read_certificate(facts.texts[file])->serial; }
  SECTION("of another authority") {
    const CertificateAuthority other = CertificateAuthority::make("other", fixture.random, fixture.now, std::chrono::hours(100));
    const KeyPair key = make_tls_key(fixture.random);
    const std::string request = make_request(key.private_pem, "x").value();
    facts.texts[file] = other.issue(request, {.host = fixture.id, .roles = {Role::daemon}}, "x", fixture.now, std::chrono::hours(99), fixture.random).value();
  }
  const Plan plan = fixture.plan(facts);
  CHECK(programs_of(plan.certificates) == Names{"sparekeepd"});
  CHECK(programs_of(plan.starts) == Names{"sparekeepd"});
}

TEST_CASE("a private key gets back its mode and owner, and one that is lost makes its certificate worthless") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  const std::string key = private_keys(kAgentService).back(), owner = "sparekeep-agent:sparekeep-agent";
  facts.files[key] = {.mode = 0600, .owner = owner};
  CHECK(fixture.plan(facts).empty());
  SECTION("mode") { facts.files[key].mode = 0644; }
  SECTION("owner") { facts.files[key].owner = "root:sparekeep-agent"; }
  SECTION("lost") { facts.lost_keys = {key}; }
  const Plan plan = fixture.plan(facts);
  CHECK(programs_of(plan.certificates) == (facts.lost_keys.empty() ? Names{} : Names{"sparekeep-agent"}));
  CHECK(programs_of(plan.starts) == programs_of(plan.certificates));
  CHECK(plan.folders.empty());
  REQUIRE(plan.keys.size() == (facts.lost_keys.empty() ? 1 : 0));
  if (!plan.keys.empty()) CHECK(plan.keys[0].path == key);
}

TEST_CASE("what stands in the place of a folder is named, not changed") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  facts.files["/var/lib/sparekeep/agent"].type = 'f';
  CHECK_THROWS_WITH(fixture.plan(facts), "'/var/lib/sparekeep/agent' has to be a folder and is none; move it away");
  facts.files["/var/lib/sparekeep/agent"].type = 'l';
  CHECK_THROWS_WITH(fixture.plan(facts), "'/var/lib/sparekeep/agent' has to be a folder and is a symlink that leads to none; move it away");
}

TEST_CASE("an expired certificate is asked for again") {
  InstallFixture fixture;
  fixture.check.now = fixture.now + std::chrono::hours(24 * 31);
  CHECK(programs_of(fixture.plan(fixture.facts_as_desired()).certificates) == kBoth);
}

TEST_CASE("another host's id makes both certificates worthless") {
  const InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.texts[std::string(kHostIdFile)] = std::string(32, 'a') + "\n";
  CHECK(programs_of(fixture.plan(facts).certificates) == kBoth);
}

TEST_CASE("a marker that is gone is refused, not made again, where shards were stored") {
  InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.has_marker = false;
  CHECK_THROWS_WITH(fixture.plan(facts), "the marker in '/srv/sparekeep' is missing although shards were stored there before; mount the disk, or prepare a new "
                                         "one on the host with /hosts/store1/usr/lib/sparekeep/current/sparekeepd --root /hosts/store1 "
                                         "identity --prepare-storage /srv/sparekeep");
  fixture.be_real();
  CHECK_THROWS_WITH(fixture.plan(facts), "the marker in '/srv/sparekeep' is missing although shards were stored there before; mount the disk, or prepare a new "
                                         "one on the host with /usr/lib/sparekeep/current/sparekeepd identity --prepare-storage /srv/sparekeep");
  facts.has_stored = false;
  CHECK(fixture.plan(facts).make_storage);
}

TEST_CASE("another folder for shards is refused where they lie in the one before: with what moves them, or for what it holds") {
  InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.has_marker = false;
  fixture.host.storage.path = "/srv/new";
  CHECK_THROWS_WITH(fixture.plan(facts),
                    "'/srv/new' is to store shards, and those of this host lie in '/srv/sparekeep'; to move them, stop sparekeepd on the host, copy all of that folder "
                    "with its marker (cp -a /srv/sparekeep/. /srv/new), and run it again; or leave them behind on the host with "
                    "/hosts/store1/usr/lib/sparekeep/current/sparekeepd --root /hosts/store1 identity --prepare-storage /srv/new");
  fixture.host.storage.path = "/srv/bob's shards";
  CHECK_THROWS_WITH(fixture.plan(facts),
                    "'/srv/bob's shards' is to store shards, and those of this host lie in '/srv/sparekeep'; to move them, stop sparekeepd on the host, copy all of that "
                    "folder with its marker (cp -a /srv/sparekeep/. '/srv/bob'\\''s shards'), and run it again; or leave them behind on the host with "
                    "/hosts/store1/usr/lib/sparekeep/current/sparekeepd --root /hosts/store1 identity --prepare-storage '/srv/bob'\\''s shards'");
  fixture.host.storage.path = "/home";
  facts.has_strangers = true;
  CHECK_THROWS_WITH(fixture.plan(facts), "'/home' is to store shards and holds other files; name a folder of its own in storage.path");
}

TEST_CASE("a real host has users, folders of theirs, units and links to them") {
  InstallFixture fixture;
  fixture.be_real();
  CHECK(fixture.plan(fixture.facts_as_desired()).empty());
  const Plan plan = fixture.plan({});
  CHECK(plan.users == Names{"sparekeepd", "sparekeep-agent"});
  CHECK(paths_of(plan.units) == Names{"/etc/systemd/system/sparekeepd.service", "/etc/systemd/system/sparekeep-agent.service",
                                      "/etc/systemd/system/sparekeep-restore.socket", "/etc/systemd/system/sparekeep-restore@.service",
                                      "/etc/systemd/system/sparekeep-hook.socket", "/etc/systemd/system/sparekeep-hook@.service"});
  CHECK(plan.links == Names{"sparekeepd.service", "sparekeep-agent.service", "sparekeep-restore.socket", "sparekeep-hook.socket"});
  CHECK(plan.sockets == Names{"sparekeep-restore.socket", "sparekeep-hook.socket"});
  CHECK(!plan.reload);
}

TEST_CASE("drift of a real host, one thing at a time") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  const std::string unit = "/etc/systemd/system/sparekeepd.service";
  SECTION("masked") {
    facts.files[unit].type = 'l';
    const Plan plan = fixture.plan(facts);
    CHECK(paths_of(plan.units) == Names{unit});
    CHECK(plan.reload);
    CHECK(programs_of(plan.starts) == Names{"sparekeepd"});
  }
  SECTION("a unit that systemd knows is another one, or its file is gone while it runs") {
    facts.files[unit].digest = {};
    CHECK(fixture.plan(facts).reload);
    facts.files.erase(unit);
    CHECK(!fixture.plan(facts).reload);
    facts.units["sparekeepd.service"].stale = true;
    CHECK(fixture.plan(facts).reload);
  }
  SECTION("disabled") {
    facts.files.erase(wants_link("sparekeep-agent.service"));
    const Plan plan = fixture.plan(facts);
    CHECK(plan.links == Names{"sparekeep-agent.service"});
    CHECK(plan.starts.empty());
    CHECK(!plan.reload);
  }
  SECTION("a service that was stopped, and a socket") {
    facts.units["sparekeepd.service"].state = "inactive";
    facts.units["sparekeep-hook.socket"].state = "failed";
    const Plan plan = fixture.plan(facts);
    CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::systemd) == "not run by systemd");
    CHECK(plan.sockets == Names{"sparekeep-hook.socket"});
    facts.units["sparekeep-hook.socket"].state = "active";
    facts.files.erase(socket_file("restore"));
    CHECK(fixture.plan(facts).sockets == Names{"sparekeep-restore.socket"});
    CHECK(!plan.reload);
  }
  SECTION("a folder's owner, a user, a file's owner") {
    facts.files["/srv/sparekeep"].owner = "root:root";
    facts.users.erase("sparekeep-agent");
    facts.files["/etc/sparekeep/agent.toml"].owner = "1000:1000";
    const Plan plan = fixture.plan(facts);
    CHECK(plan.folders.size() == 1);
    CHECK(plan.users == Names{"sparekeep-agent"});
    CHECK(paths_of(plan.settings) == Names{"/etc/sparekeep/agent.toml"});
  }
  SECTION("configuration alone needs no reload") {
    facts.files["/etc/sparekeep/daemon.toml"].digest = {};
    CHECK(!fixture.plan(facts).reload);
  }
}

TEST_CASE("units that systemd has not as their files say") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  SECTION("a socket and a service of which systemd has no file are stopped, read and started") {
    facts.units["sparekeep-restore.socket"].load = "error";
    const Plan plan = fixture.plan(facts);
    CHECK(plan.unread == Names{"sparekeep-restore.socket"});
    CHECK(plan.reload);
    CHECK(plan.sockets == Names{"sparekeep-restore.socket"});
    CHECK(plan.starts.empty());
    CHECK(!plan.empty());
    facts.units["sparekeepd.service"].load = "not-found";
    const Plan both = fixture.plan(facts);
    CHECK(both.unread == Names{"sparekeepd.service", "sparekeep-restore.socket"});
    CHECK(programs_of(both.starts) == Names{"sparekeepd"});
    CHECK(reason_to_start(kDaemonService, facts, both, Supervision::systemd) == "systemd has not read its unit (not-found)");
  }
  SECTION("a socket whose file went while it listens is stopped before the new one is read") {
    facts.files.erase(unit_file("sparekeep-restore.socket"));
    facts.units["sparekeep-restore.socket"].load = "not-found";
    const Plan plan = fixture.plan(facts);
    CHECK(plan.unread == Names{"sparekeep-restore.socket"});
    CHECK(plan.reload);
  }
  SECTION("what systemd does not know yet is not read anew") {
    facts.files.erase(unit_file("sparekeepd.service"));
    facts.units["sparekeepd.service"] = {.state = "inactive", .load = "not-found"};
    const Plan plan = fixture.plan(facts);
    CHECK(plan.unread.empty());
    CHECK(!plan.reload);
  }
}

TEST_CASE("what a run left behind goes, and nothing else that a host calls so") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  const std::set<std::string> left{"/etc/sparekeep/daemon.toml.new", "/var/lib/sparekeep/daemon/tls.crt.new", "/usr/lib/sparekeep/current.new",
                                   "/usr/lib/sparekeep/releases/0.0.9-a.new", fixture.program("sparekeepd") + ".new"};
  facts.leftovers = left;
  for (const std::string path : {"/var/lib/sparekeep/orders", "/etc/sparekeep", "/etc/passwd.new", "/usr/lib/sparekeep/releases/.new", "/.new", ".new", "",
                                 "/usr/lib/sparekeep/releases/../../x.new", "/srv/sparekeep.new", "/etc/sparekeep/daemon.toml.new/../../passwd"})
    facts.leftovers.insert(path);
  CHECK(fixture.plan(facts).leftovers == left);
}

TEST_CASE("a folder for shards that holds other files is refused") {
  InstallFixture fixture;
  HostFacts facts = fixture.facts_as_desired();
  facts.has_marker = facts.has_stored = false;
  facts.has_strangers = true;
  CHECK_THROWS_WITH(fixture.plan(facts), "'/srv/sparekeep' is to store shards and holds other files; name a folder of its own in storage.path");
}

TEST_CASE("a host that systemd supervises no more loses its units, once, and its programs start anew") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  fixture.supervision = Supervision::process;
  const Plan plan = fixture.plan(facts);
  CHECK(plan.strays == Names{"sparekeepd.service", "sparekeep-agent.service", "sparekeep-restore.socket", "sparekeep-restore@.service", "sparekeep-hook.socket",
                             "sparekeep-hook@.service"});
  CHECK(programs_of(plan.starts) == kBoth);
  CHECK(reason_to_start(kDaemonService, facts, plan, Supervision::process) == "run by systemd");
  CHECK(plan.units.empty());
  for (const std::string& unit : plan.strays) facts.files.erase(unit_file(unit)), facts.files.erase(wants_link(unit));
  facts.units.clear();
  CHECK(fixture.plan(facts).empty());
}

TEST_CASE("the units of a role that the host has lost stay: what it stores is still read") {
  InstallFixture fixture;
  fixture.be_real();
  const HostFacts facts = fixture.facts_as_desired();
  fixture.supervision = Supervision::process;
  fixture.host.roles = {HostRole::backup};
  const Plan plan = fixture.plan(facts);
  CHECK(plan.strays == Names{"sparekeep-agent.service", "sparekeep-restore.socket", "sparekeep-restore@.service", "sparekeep-hook.socket", "sparekeep-hook@.service"});
  CHECK(programs_of(plan.starts) == Names{"sparekeep-agent"});
}

TEST_CASE("a difference shows configuration, and no key or password that stands in its place") {
  InstallFixture fixture;
  fixture.be_real();
  const std::string none = " what stands there is no configuration: its text is not shown\n",
                    not_plain = " what stands there is no plain file of root with the mode 644: its text is not shown\n";
  for (const DesiredFile& file : fixture.desired().files) {
    if (file.is_program() || file.path == kDelegationFile) continue;
    HostFacts facts = fixture.facts_as_desired();
    const auto shown = [&] { return difference_of("h", facts, file, fixture.supervision); };
    const std::string head = "--- h:" + file.path + "\n+++ h:" + file.path + "\n";
    std::string& text = facts.texts[file.path];
    const std::string own = text;
    text = (file.is_unit() ? "Old=1\n" : "old = 1\n") + own;
    CHECK(shown().starts_with(head + (file.is_unit() ? "-Old=1\n " : "-old = 1\n ")));
    for (const std::string secret : {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n", "root:$y$j9T$salt$hash:19000:0:99999:7:::\n",
                                     "0123456789abcdef0123456789abcdef\n", "AAAAB3NzaC1=\n", "\x01\x7f\xff\n"}) {
      text = secret;
      CHECK(shown() == head + none);
      text = own + "# " + secret + (secret[0] == '-' ? "" : secret);
      CHECK(shown() == head + none);
    }
    text = own;
    FileFact& fact = facts.files[file.path];
    fact.type = 'l';
    CHECK(shown() == head + not_plain);
    fact.type = 'f', fact.mode = 0600;
    CHECK(shown() == head + not_plain);
    fact.mode = 0644, fact.owner = "sparekeepd:sparekeepd";
    CHECK(shown() == head + not_plain);
    facts.files.erase(file.path);
    CHECK(shown().starts_with(head + "+"));
  }
}

TEST_CASE("the file of a host's id is set back, whatever mode, owner or content it has") {
  InstallFixture fixture;
  fixture.be_real();
  const DesiredState desired =
      desired_state(fixture.host, fixture.central, fixture.release, {.supervision = fixture.supervision, .daemon_port = 17421, .id = fixture.id});
  const std::string text = fixture.id.hex() + "\n";
  HostFacts facts = fixture.facts_as_desired();
  FileFact& file = facts.files[std::string(kHostIdFile)] = {.mode = 0644, .owner = "root:root", .digest = sha256(as_bytes(text))};
  const auto placed = [&] { return paths_of(make_plan(fixture.host, facts, desired, fixture.check).settings); };
  CHECK(placed().empty());
  const Names id{std::string(kHostIdFile)};
  SECTION("its mode") { file.mode = 0600; }
  SECTION("writable by all") { file.mode = 0666; }
  SECTION("its owner") { file.owner = "nobody:nogroup"; }
  SECTION("a line more") { file.digest = sha256(as_bytes(text + "more\n")); }
  CHECK(placed() == id);
  CHECK(make_plan(fixture.host, facts, desired, fixture.check).starts.empty());
}

TEST_CASE("a plan and the facts that it rests on, in words") {
  InstallFixture fixture;
  fixture.be_real();
  HostFacts facts = fixture.facts_as_desired();
  facts.architecture = "x86_64", facts.now = fixture.now - std::chrono::minutes(5), facts.marker = fixture.id.hex();
  facts.free_bytes["/usr/lib/sparekeep"] = 1 << 30;
  CHECK(plan_text(fixture.plan(facts), fixture.host, facts) == "nothing");
  CHECK(facts_text(fixture.host, facts, fixture.now) ==
        "uid 0, x86_64, libc none, process 1 none, clock 5 m 0 s behind, 1.0 GiB free at /usr/lib/sparekeep, id " + fixture.id.hex() + ", release " +
            fixture.release.id + ", before it none, sparekeep-agent runs with pid 100, sparekeepd runs with pid 100, user root uid 998, user sparekeep-agent uid 998, " +
            "user sparekeepd uid 998, storage folder of " + fixture.id.hex());
  facts.users["sparekeepd"].shell = "/bin/sh";
  facts.files.erase("/etc/sparekeep/agent.toml");
  CHECK(plan_text(fixture.plan(facts), fixture.host, facts) ==
        "users and folders sparekeepd (shell /bin/sh); configuration /etc/sparekeep/agent.toml; start sparekeep-agent");
}
