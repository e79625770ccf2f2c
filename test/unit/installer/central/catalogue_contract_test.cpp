// What every implementation of Catalogue must do; run on each of them.
#include "installer/central/audit_chain.h"
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_schema.h"
#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

struct World {
  World() : open([this] { return std::make_unique<SqliteCatalogue>(folder / "catalogue.db"); }), catalogue(open()) {}
  void reopen() { catalogue.reset(), catalogue = open(); }

  TemporaryFolder folder;
  std::function<std::unique_ptr<Catalogue>()> open;
  std::unique_ptr<Catalogue> catalogue;
  SeededRandom random{11};
};

HostEntry host(Random& random, const std::string& name) {
  HostEntry out;
  out.id = random.id<HostId>();
  out.name = name;
  out.address = "192.0.2.1";
  out.zone = "rack-a";
  out.machine = random.id<MachineId>();
  out.roles = {Role::daemon, Role::agent};
  out.recipient = random.id<RecipientKey>();
  out.local = true;
  return out;
}

SnapshotEntry snapshot(Random& random, const std::string& job, int64_t began) {
  SnapshotEntry out;
  out.id = random.id<SnapshotId>();
  out.revision = 1;
  out.vault = random.id<VaultId>();
  out.host = random.id<HostId>();
  out.sequence = INT64_MAX;
  out.began = out.received = Time{began};
  out.metadata.job = job;
  out.metadata_json = to_json(out.metadata);
  return out;
}

}  // namespace

TEST_CASE("hosts and systems are kept, replaced by id, listed by name, removed") {
  World world;
  HostEntry second = host(world.random, "b"), first = host(world.random, "a");
  world.catalogue->put_host(second);
  world.catalogue->put_host(first);
  second.address = "192.0.2.9";
  world.catalogue->put_host(second);
  SystemEntry system;
  system.system = {.id = second.id, .name = "b", .machine = {}, .address = "x", .port = 65535, .zone = "z", .state = SystemState::late,
                   .capacity_bytes = UINT64_MAX, .available_bytes = 5, .stored_bytes = 6, .reported = Time{-7}};
  system.report = DaemonReport{};
  system.report->shards = 12;
  system.report_received = Time{9};
  world.catalogue->put_system(system);
  world.reopen();
  CHECK(world.catalogue->hosts() == std::vector<HostEntry>{first, second});
  CHECK(world.catalogue->host_named("a") == first);
  CHECK(world.catalogue->system(second.id)->system == system.system);
  CHECK(world.catalogue->system(second.id)->report->shards == 12);
  CHECK(world.catalogue->systems().size() == 1);
  world.catalogue->remove_host(second.id);
  CHECK_FALSE(world.catalogue->host(second.id));
  CHECK_FALSE(world.catalogue->system(second.id));
  CHECK_FALSE(world.catalogue->host_named("c"));
}

TEST_CASE("a name is the declared host's, and of several it is nobody's") {
  World world;
  HostEntry first = host(world.random, "a"), second = host(world.random, "a");
  first.declared = false;
  world.catalogue->put_host(first);
  CHECK(world.catalogue->host_named("a") == first);
  world.catalogue->put_host(second);
  world.catalogue->put_host(first);                                           // the last row of a name does not win
  CHECK(world.catalogue->host_named("a") == second);
  for (const bool declared : {false, true}) {
    first.declared = second.declared = declared;
    world.catalogue->put_host(first);
    world.catalogue->put_host(second);
    try {
      (void)world.catalogue->host_named("a");
      FAIL("one of them was taken");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      const auto [low, high] = std::minmax(first.id, second.id);
      CHECK(error.text() == "the name 'a' is held by several hosts, those with the ids " + low.hex() + ", " + high.hex() +
                                "; run sparekeep install with the inventory that says which of them it is" +
                                (declared ? "" : ", or take out those that are no more: sparekeep uninstall --former, by their ids"));
    }
  }
  HostEntry nameless = host(world.random, "");
  world.catalogue->put_host(nameless);
  CHECK_FALSE(world.catalogue->host_named(""));
}

TEST_CASE("a host is changed in one transaction, and put only when something is different") {
  World world;
  const HostEntry first = host(world.random, "a");
  const auto set_zone = [](std::optional<HostEntry>& known) {
    if (known) known->zone = "rack-z";
  };
  CHECK_FALSE(world.catalogue->change_host(first.id, set_zone));              // it is not there
  CHECK(world.catalogue->hosts().empty());
  CHECK(world.catalogue->change_host(first.id, [&](std::optional<HostEntry>& known) { known = first; }));
  CHECK(world.catalogue->host(first.id) == first);
  CHECK(world.catalogue->change_host(first.id, set_zone));
  CHECK_FALSE(world.catalogue->change_host(first.id, set_zone));
  CHECK_THROWS_AS(world.catalogue->change_host(first.id, [](std::optional<HostEntry>&) { throw Error(ErrorKind::failed, "no"); }), Error);
  CHECK(world.catalogue->host(first.id)->zone == "rack-z");
}

TEST_CASE("certificates are kept until they are forgotten, the host removed or not") {
  World world;
  HostEntry first = host(world.random, "a");
  first.roles = {};
  world.catalogue->put_host(first);
  const CertificateEntry one{.serial = "aa", .host = first.id, .roles = {Role::daemon}, .issued = Time{1}, .ended = Time{10}};
  const CertificateEntry two{.serial = "bb", .host = first.id, .roles = {Role::agent}, .issued = Time{2}, .ended = Time{20}};
  const CertificateEntry stray{.serial = "cc", .host = world.random.id<HostId>(), .roles = {Role::agent}, .issued = Time{3}, .ended = Time{5}};
  for (const CertificateEntry& certificate : {one, two, stray}) world.catalogue->note_certificate(certificate);
  CertificateEntry again = one;
  again.ended = Time{99};
  world.catalogue->note_certificate(again);
  world.reopen();
  CHECK(world.catalogue->certificates(first.id) == std::vector<CertificateEntry>{one, two});
  CHECK(world.catalogue->host(first.id)->roles == std::set<Role>{Role::daemon, Role::agent});
  CHECK_FALSE(world.catalogue->host(stray.host));
  world.catalogue->remove_host(first.id);
  CHECK(world.catalogue->certificates(first.id).size() == 2);
  CHECK(world.catalogue->certificates_ended(Time{10}) == std::vector<CertificateEntry>{stray});
  world.catalogue->forget_certificates(Time{11});
  CHECK(world.catalogue->certificates(first.id) == std::vector<CertificateEntry>{two});
  CHECK(world.catalogue->certificates_ended(Time{100}) == std::vector<CertificateEntry>{two});
}

TEST_CASE("serials that a catalogue of the first version noted are kept") {
  World world;
  world.catalogue.reset();
  std::filesystem::remove(world.folder / "catalogue.db");
  const HostId id = world.random.id<HostId>();
  {
    Database old(world.folder / "catalogue.db", {catalogue_migrations().front()});
    const Bytes machine(16), recipient(32);
    Statement statement = old.statement("INSERT INTO hosts VALUES (?1, 'a', '192.0.2.1', 'rack', ?2, ?3, ?4, ?5, 1, 1)");
    statement.bind(1, id.bytes()).bind(2, machine).bind(3, "{\"names\":[\"daemon\"]}").bind(4, recipient);
    statement.bind(5, "{\"names\":[\"aa\",\"bb\"]}").run();
  }
  world.reopen();
  const std::vector<CertificateEntry> kept = world.catalogue->certificates(id);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].serial == "aa");
  CHECK(kept[1].roles == std::set<Role>{Role::daemon});
  CHECK(world.catalogue->host(id)->local);
  CHECK(world.catalogue->host(id)->zone == "rack");
}

TEST_CASE("what systems hold is kept by system and vault, replaced, and goes with its system") {
  World world;
  const HostEntry one = host(world.random, "a"), other = host(world.random, "b");
  const VaultId first = world.random.id<VaultId>(), second = world.random.id<VaultId>();
  RecordTallies tallies;
  for (const VaultId& vault : {first, second}) tallies[vault].add(vault, "00.1");
  for (const auto& [vault, tally] : tallies) world.catalogue->put_record_tally(one.id, vault, tally);
  world.catalogue->put_record_tally(other.id, first, tallies[first]);
  tallies[first].add(first, "00.2");
  world.catalogue->put_record_tally(one.id, first, tallies[first]);
  world.reopen();
  CHECK(world.catalogue->record_tallies(one.id) == tallies);
  CHECK(world.catalogue->record_tallies(other.id).size() == 1);
  world.catalogue->remove_host(one.id);
  CHECK(world.catalogue->record_tallies(one.id).empty());
  CHECK(world.catalogue->record_tallies(other.id).size() == 1);
}

TEST_CASE("a catalogue that a program of its version wrote, which knows no figures, is gone on with, and by that program, too") {
  World world;
  world.catalogue.reset();
  std::filesystem::remove(world.folder / "catalogue.db");
  const HostEntry one = host(world.random, "a");
  const VaultId vault = world.random.id<VaultId>();
  { const Database before(world.folder / "catalogue.db", catalogue_migrations()); }
  world.reopen();
  CHECK(world.catalogue->record_tallies(one.id).empty());
  world.catalogue->put_record_tally(one.id, vault, {3, {}});
  world.catalogue.reset();
  { const Database before(world.folder / "catalogue.db", catalogue_migrations()); }
  world.reopen();
  CHECK(world.catalogue->record_tallies(one.id)[vault].count == 3);
}

TEST_CASE("jobs and runs are kept; a job's name belongs to one job") {
  World world;
  JobEntry job;
  job.id = world.random.id<JobId>();
  job.name = "web-content";
  job.playbook = "nightly";
  job.kind = "backup";
  job.hosts = {world.random.id<HostId>(), world.random.id<HostId>()};
  job.data = 4, job.parity = 2;
  job.paths = {"/srv", "/a \"quoted\" path"};
  world.catalogue->put_job(job);
  JobEntry other = job;
  other.id = world.random.id<JobId>();
  CHECK_THROWS_AS(world.catalogue->put_job(other), Error);
  job.retired = true;
  world.catalogue->put_job(job);
  const JobEntry back = world.catalogue->job_named("web-content").value();
  CHECK(back.id == job.id);
  CHECK(back.hosts == job.hosts);
  CHECK(back.paths == job.paths);
  CHECK(back.retired);
  CHECK(world.catalogue->jobs().size() == 1);

  std::vector<RunId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(world.random.id<RunId>());
    world.catalogue->put_run({.id = ids.back(), .job = i == 2 ? other.id : job.id, .host = {}, .kind = "backup", .state = "queued", .snapshot = "",
                              .queued = Time{i}, .taken = {}, .ended = {}, .order = "{}", .result = ""});
  }
  CHECK(world.catalogue->runs({}, 2).at(0).id == ids[2]);
  CHECK(world.catalogue->runs({}, 2).size() == 2);
  CHECK(world.catalogue->runs(job.id, 10).at(0).id == ids[1]);
  CHECK(world.catalogue->run(ids[0])->state == "queued");
}

TEST_CASE("the run that was put last is the newest, whatever the clock said, and goes on being so when an older one changes") {
  World world;
  std::vector<RunEntry> runs;
  for (const int64_t queued : {50, 400, 10}) {
    runs.push_back({.id = world.random.id<RunId>(), .job = {}, .host = {}, .kind = "backup", .state = "queued", .snapshot = "", .queued = Time{queued},
                    .taken = {}, .ended = {}, .order = "{}", .result = ""});
    world.catalogue->put_run(runs.back());
  }
  runs[0].state = "failed", runs[0].ended = Time{500};
  world.catalogue->put_run(runs[0]);
  world.reopen();
  const std::vector<RunEntry> newest = world.catalogue->runs({}, 3);
  REQUIRE(newest.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(newest[i].id == runs[2 - i].id);
  CHECK(newest[2].state == "failed");
  CHECK(newest[2].ended == Time{500});
  CHECK(world.catalogue->runs({}, 1).at(0).id == runs[2].id);
}

TEST_CASE("a run begins once and ends once, and never begins after its end") {
  World world;
  RunEntry run{.id = world.random.id<RunId>(), .job = {}, .host = {}, .kind = "backup", .state = "queued", .snapshot = "",
               .queued = Time{1}, .taken = {}, .ended = {}, .order = "{}", .result = ""};
  RunEntry quick = run;
  quick.id = world.random.id<RunId>();
  world.catalogue->put_run(run);
  world.catalogue->put_run(quick);
  CHECK(world.catalogue->begin_run(run.id, Time{2}));
  CHECK_FALSE(world.catalogue->begin_run(run.id, Time{3}));
  for (RunEntry* one : {&run, &quick}) {
    one->state = "complete", one->snapshot = "ab", one->ended = Time{5}, one->result = "{}";
    CHECK(world.catalogue->end_run(*one));
    one->state = "failed";
    CHECK_FALSE(world.catalogue->end_run(*one));
    CHECK_FALSE(world.catalogue->begin_run(one->id, Time{6}));
    CHECK(world.catalogue->run(one->id)->state == "complete");
    CHECK(world.catalogue->run(one->id)->snapshot == "ab");
    CHECK(world.catalogue->run(one->id)->ended == Time{5});
  }
  CHECK(world.catalogue->run(run.id)->taken == Time{2});
  CHECK(world.catalogue->run(quick.id)->taken == Time{5});
}

TEST_CASE("snapshots: the highest revision is in force, checkpoints are no snapshots, newest last") {
  World world;
  SnapshotEntry late = snapshot(world.random, "one", 20), early = snapshot(world.random, "two", 10), hidden = snapshot(world.random, "one", 30);
  hidden.checkpoint = true;
  world.catalogue->put_snapshot(late, as_bytes("late"));
  world.catalogue->put_snapshot(early, as_bytes("early"));
  world.catalogue->put_snapshot(hidden, as_bytes("hidden"));
  late.revision = 3;
  late.degraded = late.partial = true;
  world.catalogue->put_snapshot(late, as_bytes("late.3"));
  late.revision = 2;
  late.degraded = false;
  world.catalogue->put_snapshot(late, as_bytes("late.2"));
  world.reopen();
  const std::vector<SnapshotEntry> all = world.catalogue->snapshots({});
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == early.id);
  CHECK(all[1].revision == 3);
  CHECK(all[1].state() == "degraded");
  CHECK(all[1].sequence == INT64_MAX);
  CHECK(world.catalogue->snapshots({.host = {}, .job = "two"}).size() == 1);
  CHECK(world.catalogue->snapshots({.host = late.host, .job = {}}).at(0).id == late.id);
  CHECK(as_text(world.catalogue->record(late.id, 2).value()) == "late.2");
  CHECK(world.catalogue->record_names(late.vault).size() == 3);
  CHECK_FALSE(world.catalogue->record(late.id, 9));
}

TEST_CASE("snapshots of a vault follow its sequence, those of several vaults when they were heard of; no clock of a host counts") {
  World world;
  const SnapshotEntry any = snapshot(world.random, "one", 0);
  const VaultId other_vault = world.random.id<VaultId>();
  const auto add = [&](const VaultId& vault, uint64_t sequence, int64_t began, int64_t received) {
    SnapshotEntry entry = snapshot(world.random, "one", began);
    entry.vault = vault, entry.host = any.host, entry.sequence = sequence, entry.received = Time{received};
    world.catalogue->put_snapshot(entry, as_bytes("record"));
    return entry.id;
  };
  const SnapshotId first = add(any.vault, 1, 100, 100), ahead = add(any.vault, 2, 900'000, 200), back = add(any.vault, 3, 1, 300);
  const auto order = [&] {
    std::vector<SnapshotId> ids;
    for (const SnapshotEntry& entry : world.catalogue->snapshots({.host = any.host, .job = "one"})) ids.push_back(entry.id);
    return ids;
  };
  CHECK(order() == std::vector<SnapshotId>{first, ahead, back});
  const SnapshotId between = add(other_vault, 7, 500'000, 250), latest = add(other_vault, 8, 2, 350);
  CHECK(order() == std::vector<SnapshotId>{first, ahead, between, back, latest});
  const SnapshotId late_word = add(any.vault, 4, 3, 9'000), next = add(any.vault, 5, 4, 400);   // the central's clock was ahead, then right again
  CHECK(order() == std::vector<SnapshotId>{first, ahead, between, back, latest, late_word, next});
}

TEST_CASE("vaults and their objects: put if absent, oldest first") {
  World world;
  const VaultEntry vault{.id = world.random.id<VaultId>(), .epoch = 2, .owner = world.random.id<HostId>(), .signer = world.random.id<PublicKey>(),
                         .descriptor = {1, 2, 3}};
  world.catalogue->put_vault(vault);
  CHECK(world.catalogue->vault(vault.id)->descriptor == vault.descriptor);
  CHECK(world.catalogue->vaults().at(0).owner == vault.owner);
  const Digest first = world.random.id<Digest>(), second = world.random.id<Digest>();
  world.catalogue->put_object(vault.id, ObjectTable::blocks, second, as_bytes("b"));
  world.catalogue->put_object(vault.id, ObjectTable::blocks, first, as_bytes("a"));
  world.catalogue->put_object(vault.id, ObjectTable::blocks, first, as_bytes("other"));
  CHECK(world.catalogue->objects(vault.id, ObjectTable::blocks) == std::vector<Digest>{second, first});
  CHECK(as_text(world.catalogue->object(vault.id, ObjectTable::blocks, first).value()) == "a");
  CHECK_FALSE(world.catalogue->object(vault.id, ObjectTable::key_records, first));
}

TEST_CASE("the audit log is chained: what is changed or taken out is seen") {
  World world;
  for (int i = 0; i < 3; ++i) world.catalogue->append_audit(Time{i}, "central", "reseal", "vault " + std::to_string(i));
  world.reopen();
  world.catalogue->append_audit(Time{3}, "admin", "browse", "vault 3");
  std::vector<AuditEntry> log = world.catalogue->audit(0, 100);
  REQUIRE(log.size() == 4);
  CHECK(verify_audit(log));
  CHECK(world.catalogue->audit(2, 1).at(0).number == 3);
  std::vector<AuditEntry> changed = log;
  changed[1].actor = "nobody";
  CHECK(verify_audit(changed).error().text() == "audit log: entry 2 does not fit the one before it");
  log.erase(log.begin() + 1);
  CHECK(verify_audit(log).error().text() == "audit log: entry 3 does not fit the one before it");
}

TEST_CASE("a catalogue of a newer program is refused") {
  World world;
  world.catalogue.reset();
  { Database newer(world.folder / "catalogue.db", std::vector<std::string>(9, "SELECT 1")); }
  CHECK_THROWS_AS(world.open(), Error);
}

TEST_CASE("numbers of a report are known at once, and kept when they are told to be, with the next entry and at the end") {
  World world;
  SystemEntry first{.system = {.id = world.random.id<HostId>(), .name = "a", .state = SystemState::up}}, second = first;
  second.system.id = world.random.id<HostId>(), second.system.name = "b";
  world.catalogue->put_system(first), world.catalogue->put_system(second);
  const auto stored_in_file = [&](const SystemEntry& of) {
    std::filesystem::remove_all(world.folder / "copy");
    std::filesystem::create_directory(world.folder / "copy");
    for (const char* end : {"", "-wal"})
      if (const Path file = world.folder / (std::string("catalogue.db") + end); std::filesystem::exists(file)) std::filesystem::copy(file, world.folder / "copy");
    return SqliteCatalogue(world.folder / "copy" / "catalogue.db").system(of.system.id).value().system.stored_bytes;
  };
  first.system.stored_bytes = 1;
  world.catalogue->put_numbers(first);
  CHECK(world.catalogue->system(first.system.id).value().system == first.system);
  CHECK(world.catalogue->systems().front().system == first.system);
  CHECK(stored_in_file(first) == 0);
  world.catalogue->keep_numbers();
  CHECK(stored_in_file(first) == 1);
  first.system.stored_bytes = 2, second.system.zone = "rack-b";
  world.catalogue->put_numbers(first);
  world.catalogue->put_system(second);
  CHECK(stored_in_file(first) == 2);
  first.system.stored_bytes = 3;
  world.catalogue->put_numbers(first);
  world.reopen();
  CHECK(world.catalogue->system(first.system.id).value().system == first.system);
  world.catalogue->put_numbers(first);
  world.catalogue->remove_system(first.system.id);
  world.reopen();
  CHECK_FALSE(world.catalogue->system(first.system.id));
}

TEST_CASE("a report that says nothing new is known at once, and its time is kept where the one that is kept is ten minutes old or to come") {
  World world;
  const Time began{std::chrono::nanoseconds(std::chrono::hours(9)).count()};
  const HostId id = world.random.id<HostId>();
  const auto said = [&](Duration after, uint64_t shards) {
    const Time when = began + after;
    return SystemEntry{.system = {.id = id, .name = "a", .state = SystemState::up, .reported = when},
                       .report = DaemonReport{.host = id, .program_version = "1", .now = when, .shards = shards}, .report_received = when};
  };
  const auto kept_after = [&](const SystemEntry& system) {
    world.catalogue->put_numbers(system);
    CHECK(world.catalogue->system(id).value().report_received == system.report_received);
    world.reopen();
    return world.catalogue->system(id).value().report_received - began;
  };
  world.catalogue->put_system(said({}, 1));
  CHECK(kept_after(said(std::chrono::minutes(9), 1)) == Duration(0));
  CHECK(kept_after(said(std::chrono::minutes(9), 2)) == std::chrono::minutes(9));
  CHECK(kept_after(said(std::chrono::minutes(18), 2)) == std::chrono::minutes(9));
  CHECK(kept_after(said(std::chrono::minutes(19), 2)) == std::chrono::minutes(19));
  CHECK(kept_after(said(std::chrono::minutes(1), 2)) == std::chrono::minutes(1));
  world.catalogue->put_numbers(said(std::chrono::minutes(2), 3));
  CHECK(kept_after(said(std::chrono::minutes(3), 3)) == std::chrono::minutes(3));
}
