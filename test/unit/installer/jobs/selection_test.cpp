#include "installer/jobs/selection.h"

#include "test/support/catch.h"
#include "test/unit/installer/jobs/fixture.h"

namespace sparekeep::central {

namespace {

DeclaredJob job(const std::string& name, const std::string& schedule = "", const std::vector<std::string>& tags = {}) {
  DeclaredJob job;
  job.name = name, job.kind = "backup", job.schedule = schedule;
  job.definition.tags = tags;
  return job;
}

}  // namespace

TEST_CASE("jobs are chosen by globs and tags, and due without a schedule or with --now") {
  JobSelection selection;
  CHECK(selection.chooses(job("web")));
  CHECK(selection.due(job("web")));
  CHECK_FALSE(selection.due(job("web", "02:00")));
  selection.now = true;
  CHECK(selection.due(job("web", "02:00")));

  selection.patterns = {"web-*", "tag:prod"};
  CHECK(selection.chooses(job("web-1")));
  CHECK(selection.chooses(job("db", "", {"prod"})));
  CHECK_FALSE(selection.chooses(job("db", "", {"test"})));
  CHECK_FALSE(selection.names("web-1"));
  selection.patterns = {"web-1"};
  CHECK(selection.names("web-1"));
}

TEST_CASE("a pattern that fits no job is refused") {
  const std::vector<DeclaredJob> jobs{job("web-content"), job("db")};
  CHECK(error_text([&] { check_patterns({.patterns = {"web-*", "db"}}, jobs); }).empty());
  CHECK(error_text([&] { check_patterns({.patterns = {"web-contnet"}}, jobs); }) ==
        "--job 'web-contnet' fits no job of these playbooks; did you mean 'web-content'?");
  CHECK(error_text([&] { check_patterns({.patterns = {"tag:prod"}}, jobs); }) ==
        "--job 'tag:prod' fits no job of these playbooks; one of web-content, db is expected");
}

TEST_CASE("a restore from a job that nobody declared is refused with its place") {
  Fixture fixture;
  const Inventory inventory = parse_inventory({{"inventory.toml", std::string(kInventory)}}, {.home = "/root"});
  const std::string restore = "name = 'drills'\n[[restore]]\nname = 'drill'\nhosts = ['web2']\ntarget = '/t'\nfrom = ";
  const auto text = [&](const std::string& from) {
    return error_text([&] { check_sources(fixture.catalogue, inventory, fixture.declared(restore + from)); });
  };
  const std::string expected = "a job of these playbooks, or one that sparekeep jobs lists, is expected";
  CHECK(text("{ job = 'web-content' }") == "playbook.toml:6:8: no backup job is 'web-content'; " + expected);
  fixture.apply("name = 'nightly'\n[[backup]]\nname = 'web-content'\nhosts = ['web1']\npaths = ['/srv']\n");
  CHECK(text("{ job = 'web-content', host = 'web1' }").empty());
  CHECK(text("{ job = 'web-contnet' }") == "playbook.toml:6:8: no backup job is 'web-contnet'; did you mean 'web-content'?");
  CHECK(text("{ job = 'web-content', host = 'web9' }") == "playbook.toml:6:8: host 'web9' is not in the inventory; did you mean 'web1'?");
  fixture.apply(restore + "{ job = 'web-content', host = 'web1' }");
  CHECK(text("{ job = 'own' }\n[[backup]]\nname = 'own'\nhosts = ['web2']\npaths = ['/srv']\n").empty());
  const std::string other = "name = 'more'\n[[restore]]\nname = 'second'\nhosts = ['web2']\ntarget = '/t'\nfrom = { job = 'drill' }";
  CHECK(error_text([&] { check_sources(fixture.catalogue, inventory, fixture.declared(other)); }) ==
        "playbook.toml:6:8: job 'drill' is a restore; a backup job is expected");
}

TEST_CASE("a restore is in place at / or where it covers a path that the host backs up") {
  CHECK(is_in_place("/", {}));
  CHECK(is_in_place("/srv", {"/etc", "/srv/www"}));
  CHECK(is_in_place("/srv/www", {"/srv/www"}));
  CHECK_FALSE(is_in_place("/srv/www/old", {"/srv/www"}));
  CHECK_FALSE(is_in_place("/srv", {"/srv2"}));
}

}  // namespace sparekeep::central
