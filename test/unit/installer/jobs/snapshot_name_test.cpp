#include "installer/jobs/snapshot_name.h"

#include "test/support/catch.h"
#include "test/unit/installer/jobs/fixture.h"

namespace sparekeep::central {

TEST_CASE("a snapshot is found by its id, a unique beginning, and as the latest of a job") {
  Fixture fixture;
  const SnapshotEntry first = fixture.add_snapshot("aa11", "web", "web1", 10);
  const SnapshotEntry second = fixture.add_snapshot("aa22", "web", "web1", 20);
  const SnapshotEntry other = fixture.add_snapshot("bb", "db", "web2", 15);
  CHECK(resolve_snapshot(fixture.catalogue, first.id.hex()).id == first.id);
  CHECK(resolve_snapshot(fixture.catalogue, "aa2").id == second.id);
  CHECK(resolve_snapshot(fixture.catalogue, "web/web1@latest").id == second.id);
  CHECK(resolve_snapshot(fixture.catalogue, "web@latest").id == second.id);
  CHECK(resolve_snapshot(fixture.catalogue, "db@latest").id == other.id);
  CHECK(latest_snapshot(fixture.catalogue, "web", "web1")->id == second.id);
  CHECK_FALSE(latest_snapshot(fixture.catalogue, "web", "web2"));
}

TEST_CASE("the latest is the last of its vault, whatever the host's clock said") {
  Fixture fixture;
  SnapshotEntry ahead = fixture.add_snapshot("aa11", "web", "web1", 10);
  ahead.began = ahead.ended = Time{ahead.began.nanoseconds + 365 * 86'400'000'000'000};        // a year ahead, then set right
  ahead.revision = 2;
  fixture.catalogue.put_snapshot(ahead, as_bytes("the record again"));
  const SnapshotEntry next = fixture.add_snapshot("aa22", "web", "web1", 20);
  CHECK(resolve_snapshot(fixture.catalogue, "web/web1@latest").id == next.id);
  CHECK(resolve_snapshot(fixture.catalogue, "web@latest").id == next.id);
  CHECK(latest_snapshot(fixture.catalogue, "web", "web1")->id == next.id);
}

TEST_CASE("what names no snapshot, or several, is refused with what there is") {
  Fixture fixture;
  fixture.add_snapshot("aa11", "web", "web1", 10);
  fixture.add_snapshot("aa22", "web", "web2", 20);
  const auto text = [&](const std::string& name) { return error_text([&] { (void)resolve_snapshot(fixture.catalogue, name); }); };
  CHECK(text("aa") == "snapshot 'aa' is the beginning of several: aa110000000000000000000000000000, aa220000000000000000000000000000");
  CHECK(text("cc") == "snapshot 'cc' is not known; sparekeep snapshots lists them");
  CHECK(text("web@latest") == "snapshot 'web@latest' could be of several hosts: web/web1@latest, web/web2@latest");
  CHECK(text("web/web3@latest") == "snapshot 'web/web3@latest' is not known: job 'web' has no snapshots of host 'web3'");
  CHECK(text("no@latest") == "snapshot 'no@latest' is not known: job 'no' has no snapshots; sparekeep jobs lists the jobs");
  CHECK(text("newest") == "snapshot 'newest' is no name of a snapshot; its id, the beginning of it, JOB/HOST@latest or JOB@latest is expected");
}

namespace {

// A host of a rebuilt catalogue: known by its id, and by what it calls itself.
HostEntry nameless(Fixture& fixture, const std::string& calls_itself) { return {.id = fixture.add_host("", false), .name = calls_itself}; }

}  // namespace

TEST_CASE("a host that nobody else names is found by what it calls itself, unless another does, too") {
  Fixture fixture;
  const HostEntry honest = nameless(fixture, "lost1"), hostile = nameless(fixture, "lost1");
  const SnapshotEntry first = fixture.add_snapshot_of("aa", "web", honest, 10);
  CHECK(resolve_snapshot(fixture.catalogue, "web/lost1@latest").id == first.id);
  CHECK(resolve_snapshot(fixture.catalogue, "web@latest").id == first.id);
  const SnapshotEntry taken = fixture.add_snapshot_of("bb", "web", hostile, 20);
  for (const std::string name : {"web/lost1@latest", "web@latest"}) {
    const std::string refused = error_text([&] { (void)resolve_snapshot(fixture.catalogue, name); });
    CHECK(refused.starts_with("several hosts that call themselves 'lost1' have snapshots of job 'web': id "));
    CHECK(refused.find(honest.id.hex() + " (its newest snapshot is aa0000000000; if that is meant: sparekeep restore aa0000000000 --to lost1)") != refused.npos);
    CHECK(refused.find(hostile.id.hex()) != refused.npos);
  }
  CHECK(resolve_snapshot(fixture.catalogue, "bb").id == taken.id);
}

TEST_CASE("a host that calls itself as another one is called is never taken for it") {
  Fixture fixture;
  const HostEntry hostile = nameless(fixture, "web1");
  fixture.add_snapshot_of("bb", "web", hostile, 20);
  const std::string refused = error_text([&] { (void)resolve_snapshot(fixture.catalogue, "web/web1@latest"); });
  CHECK(refused.starts_with("host 'web1', id " + fixture.id_of("web1").hex() + ", has no snapshots of job 'web'; hosts that were called so, or call themselves so, " +
                            "have: id " + hostile.id.hex()));
  const SnapshotEntry own = fixture.add_snapshot("aa", "web", "web1", 10);
  CHECK(resolve_snapshot(fixture.catalogue, "web/web1@latest").id == own.id);
  CHECK(resolve_snapshot(fixture.catalogue, "web@latest").id == own.id);
  CHECK(latest_snapshot(fixture.catalogue, "web", "web1")->id == own.id);
}

TEST_CASE("of a machine that was made anew the name means the new host, and the old one's snapshots are named by their ids") {
  Fixture fixture;
  const HostEntry before{.id = fixture.add_host("web1", false), .name = "web1"};
  const SnapshotEntry old = fixture.add_snapshot_of("aa", "web", before, 10);
  CHECK(error_text([&] { (void)resolve_snapshot(fixture.catalogue, "web/web1@latest"); }).find("sparekeep restore aa0000000000 --to web1") != std::string::npos);
  const SnapshotEntry now = fixture.add_snapshot("bb", "web", "web1", 5);
  CHECK(resolve_snapshot(fixture.catalogue, "web/web1@latest").id == now.id);
  CHECK(resolve_snapshot(fixture.catalogue, "aa").id == old.id);
}

TEST_CASE("a path stands behind a colon and is made normal") {
  CHECK(split_snapshot_path("web@latest").path.empty());
  CHECK(split_snapshot_path("web@latest:/srv//www/").path == "/srv/www");
  CHECK(split_snapshot_path("aa:/a:b").snapshot == "aa");
  CHECK(split_snapshot_path("aa:/a:b").path == "/a:b");
  CHECK_THROWS_AS(split_snapshot_path("aa:srv"), Error);
}

}  // namespace sparekeep::central
