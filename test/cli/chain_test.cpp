// The main job with the programs as they are installed: two commands to a backup, and every file back after systems have died.
#include <csignal>
#include <fstream>

#include "lib/base/clock.h"
#include "test/cli/local_fleet.h"
#include "test/support/awkward_tree.h"
#include "test/support/catch.h"
#include "test/support/tree_compare.h"

namespace sparekeep {

namespace {

using Texts = std::vector<std::string>;

void fill(const std::filesystem::path& folder, int files) {
  for (int i = 0; i < files; ++i) {
    const std::filesystem::path below = folder / ("folder" + std::to_string(i % 7));
    std::filesystem::create_directories(below);
    std::ofstream file(below / ("file" + std::to_string(i)));
    for (int line = 0; line < 2000; ++line) file << i << " line " << line * (i + 1) << '\n';
  }
}

void touch_files(const std::filesystem::path& folder, int files) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < files; ++i) std::ofstream(folder / ("small" + std::to_string(i))) << "small file " << i << '\n';
}

void expect_code(const ProgramRun& run, int code) {
  INFO(run.out);
  INFO(run.err);
  REQUIRE(run.code == code);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::string playbook_text(const LocalFleet& fleet) {
  return "name = \"nightly\"\n[[backup]]\nname = \"web\"\nhosts = [\"web1\", \"web2\"]\npaths = [\"" + fleet.path("files").string() +
         "/${host}\"]\nredundancy = { data = 2, parity = 2 }\n\n[[restore]]\nname = \"drill\"\nhosts = [\"spare\"]\n"
         "from = { job = \"web\", host = \"web1\" }\ntarget = \"" + fleet.path("drilled").string() + "\"\n";
}

void expect_agents_where_none_were(const LocalFleet& fleet) {
  expect_code(fleet.sparekeep({"restore", "web/web1@latest", "--to", "store3", "--target", fleet.path("restored").string()}), 0);
  CHECK(compare_trees(fleet.source("web1"), fleet.path("restored").string() + fleet.source("web1").string()) == Texts{});
  fleet.write_playbook("name = \"others\"\n[[restore]]\nname = \"elsewhere\"\nhosts = [\"store4\"]\nfrom = { job = \"web\", host = \"web2\" }\n"
                       "target = \"" + fleet.path("elsewhere").string() + "\"\n");
  expect_code(fleet.sparekeep({"apply", fleet.playbook()}), 0);
  CHECK(compare_trees(fleet.source("web2"), fleet.path("elsewhere").string() + fleet.source("web2").string()) == Texts{});
  expect_code(fleet.sparekeep({"install", "--check", "--exit-code"}), 0);
}

void expect_run_to_go_on(const LocalFleet& fleet) {
  const std::string begun = fleet.path("begun").string();
  fleet.write_playbook("name = \"slow\"\n[[backup]]\nname = \"slow\"\nhosts = [\"web2\"]\npaths = [\"" + fleet.source("web2").string() +
                       "\"]\nbefore = [\"touch " + begun + "; sleep 2\"]\n");
  const ProgramRun ended = fleet.sparekeep({"apply", fleet.playbook(), "--json"}, {SIGINT, begun});
  expect_code(ended, 130);
  CHECK(contains(ended.err, "error: interrupted; what runs on hosts goes on there"));
  const std::string summary = ended.out.substr(ended.out.rfind("{\"type\":\"summary\""));
  CHECK(contains(summary, "\"interrupted\":true"));
  CHECK(contains(summary, "\"name\":\"slow\",\"host\":\"web2\",\"kind\":\"backup\",\"state\":\"running\""));
  std::ifstream not_done(fleet.path("central/not-done"));
  CHECK(std::string(std::istreambuf_iterator<char>(not_done), {}) == "web2\n");
  const Deadline deadline(system_clock(), std::chrono::minutes(1));
  while (!contains(fleet.sparekeep({"snapshots", "--json"}).out, "\"job\":\"slow\"") && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(500));
  CHECK_FALSE(deadline.passed());
}

// The number of changed entries that the last run of a summary has.
std::string changed(const ProgramRun& run) {
  const size_t at = run.out.rfind("\"changed\":");
  return at == run.out.npos ? run.out + run.err : run.out.substr(at, run.out.find(',', at) - at);
}

void expect_restore_as_predicted(const LocalFleet& fleet) {
  const Texts restore{"restore", "web/web1@latest:" + fleet.source("web1").string(), "--to", "spare", "--target", fleet.path("predicted").string(), "--json"};
  Texts check = restore;
  check.push_back("--check");
  const ProgramRun predicted = fleet.sparekeep(check);
  expect_code(predicted, 0);
  CHECK_FALSE(std::filesystem::exists(fleet.path("predicted")));
  const ProgramRun done = fleet.sparekeep(restore);
  expect_code(done, 0);
  CHECK(changed(predicted) == changed(done));
  CHECK_FALSE(contains(changed(done), ":0"));
  CHECK(changed(fleet.sparekeep(check)) == "\"changed\":0");
}

void expect_catalogue_made_again(const LocalFleet& fleet) {
  const std::filesystem::path catalogue = fleet.path("central") / "catalogue.db";
  std::ofstream(catalogue, std::ios::trunc) << std::string(20'000, 'x');
  const ProgramRun refused = fleet.sparekeep({"jobs"});
  expect_code(refused, 1);
  CHECK(contains(refused.err, "catalogue.db': file is not a database; move catalogue.db away, with "));
  std::filesystem::rename(catalogue, fleet.path("damaged.db"));
  const ProgramRun jobs = fleet.sparekeep({"jobs", "--json"});
  expect_code(jobs, 0);
  CHECK(contains(jobs.out, "\"name\":\"web\""));
  CHECK(contains(jobs.out, "\"last_state\":\"complete\",\"last_error\":null}"));
  CHECK_FALSE(contains(jobs.out, "\"last_run\":null"));
}

}  // namespace

TEST_CASE("files of two hosts come back after two of six systems died") {
  LocalFleet fleet;
  build_awkward_tree(fleet.source("web1"));
  fill(fleet.source("web1"), 40);
  fill(fleet.source("web2"), 60);
  touch_files(fleet.source("web2") / "many", 700);
  fleet.write_playbook(playbook_text(fleet));

  expect_code(fleet.sparekeep({"apply", fleet.playbook()}), 10);
  expect_code(fleet.sparekeep({"init", "--recovery-key", fleet.path("recovery.key").string()}), 0);
  expect_code(fleet.sparekeep({"install"}), 0);

  const ProgramRun predicted = fleet.sparekeep({"apply", fleet.playbook(), "--check"});
  expect_code(predicted, 0);
  CHECK(contains(predicted.out, "would run"));
  CHECK(contains(predicted.out, "job 'web' would be registered"));

  const ProgramRun applied = fleet.sparekeep({"apply", fleet.playbook(), "--json"});
  expect_code(applied, 0);
  CHECK(contains(applied.out, "\"type\":\"summary\""));
  CHECK(compare_trees(fleet.source("web1"), fleet.path("drilled").string() + fleet.source("web1").string()) == Texts{});

  const ProgramRun snapshots = fleet.sparekeep({"snapshots", "--json"});
  expect_code(snapshots, 0);
  CHECK(contains(snapshots.out, "\"host\":\"web1\""));
  CHECK(contains(snapshots.out, "\"host\":\"web2\""));
  CHECK(contains(snapshots.out, "\"state\":\"complete\""));
  const ProgramRun shown = fleet.sparekeep({"show", "web/web1@latest"});
  expect_code(shown, 0);
  CHECK(contains(shown.out, "redundancy  2 data + 2 parity"));
  const ProgramRun listed = fleet.sparekeep({"ls", "web/web2@latest", fleet.source("web2").string() + "/folder3"});
  expect_code(listed, 0);
  CHECK(contains(listed.out, fleet.source("web2").string() + "/folder3/file3"));
  expect_code(fleet.sparekeep({"check", "--read-data"}), 0);

  SECTION("a second apply of the restore writes nothing") {
    const ProgramRun again = fleet.sparekeep({"apply", fleet.playbook(), "--job", "drill"});
    expect_code(again, 0);
    CHECK(contains(again.out, " 0 changed"));
  }
  SECTION("a restore changes what its prediction said") { expect_restore_as_predicted(fleet); }
  SECTION("a catalogue that is damaged is named, and made again once it is moved away") { expect_catalogue_made_again(fleet); }
  SECTION("hosts to which the inventory gives no agent get one") { expect_agents_where_none_were(fleet); }
  SECTION("an apply that is interrupted says how far it came; what runs on hosts goes on") { expect_run_to_go_on(fleet); }
  SECTION("two daemons killed") {
    REQUIRE(fleet.kill_daemon("store2"));
    REQUIRE(fleet.kill_daemon("store5"));
    expect_code(fleet.sparekeep({"restore", "web/web1@latest", "--to", "spare", "--target", fleet.path("restored").string()}), 0);
    CHECK(compare_trees(fleet.source("web1"), fleet.path("restored").string() + fleet.source("web1").string()) == Texts{});
    expect_code(fleet.sparekeep({"restore", "web/web2@latest:" + fleet.source("web2").string(), "--to", "spare", "--target", fleet.path("second").string()}), 0);
    CHECK(compare_trees(fleet.source("web2"), fleet.path("second"), {.top = false}) == Texts{});
    expect_code(fleet.sparekeep({"check"}), 13);
  }
}

}  // namespace sparekeep
