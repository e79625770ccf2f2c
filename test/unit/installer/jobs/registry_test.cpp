#include "installer/jobs/registry.h"

#include "test/support/catch.h"
#include "test/unit/installer/jobs/fixture.h"

namespace sparekeep::central {

namespace {

using Names = std::vector<std::string>;

const std::string kNightly = R"(name = "nightly"
[[backup]]
name = "content"
tags = ["prod"]
hosts = ["web"]
paths = ["/srv/${app}/${host}"]
)";

const std::string kConfiguration = R"([[backup]]
name = "configuration"
hosts = ["web1"]
paths = ["/etc"]
redundancy = { copies = 3 }
schedule = "02:00"
)";

}  // namespace

TEST_CASE("a job is registered once, with an order for each host, and keeps its id") {
  Fixture fixture;
  const Registration first = fixture.apply(kNightly + kConfiguration);
  CHECK(first.added == Names{"content", "configuration"});
  const std::optional<JobEntry> job = fixture.catalogue.job_named("content");
  REQUIRE(job);
  CHECK(job->playbook == "nightly");
  CHECK(job->hosts == std::vector<HostId>{fixture.id_of("web1"), fixture.id_of("web2")});
  CHECK(job->data == 2);
  CHECK(job->parity == 2);
  CHECK(job->paths == Names{"/srv/shop/web1", "/srv/shop/web2"});
  const JobDefinition definition = definition_of(*job);
  REQUIRE(definition.hosts.size() == 2);
  CHECK(definition.tags == Names{"prod"});
  CHECK(definition.hosts[1].order.backup.paths == Names{"/srv/shop/web2"});

  const Registration again = fixture.apply(kNightly + kConfiguration);
  CHECK_FALSE(again.changes());
  CHECK(again.jobs[0].id == job->id);
}

TEST_CASE("a job that the playbook no more declares is retired, and comes back with its id") {
  Fixture fixture;
  fixture.apply(kNightly + kConfiguration);
  const JobId id = fixture.catalogue.job_named("configuration")->id;
  CHECK(fixture.plan(kNightly, false).retired.empty());
  CHECK(fixture.apply(kNightly).retired == Names{"configuration"});
  CHECK(fixture.catalogue.job_named("configuration")->retired);
  CHECK(fixture.apply(kNightly).retired.empty());
  CHECK(fixture.apply(kNightly + kConfiguration).changed == Names{"configuration"});
  CHECK(fixture.catalogue.job_named("configuration")->id == id);
  CHECK_FALSE(fixture.catalogue.job_named("configuration")->retired);
}

TEST_CASE("default redundancy stays what it was; a written one counts") {
  Fixture fixture;
  fixture.apply(kNightly);
  JobEntry job = *fixture.catalogue.job_named("content");
  JobDefinition definition = definition_of(job);
  job.data = 1, job.parity = 1;              // as if it had been registered with two systems
  job.definition.clear();
  fixture.catalogue.put_job(job);
  fixture.apply(kNightly);
  job = *fixture.catalogue.job_named("content");
  CHECK(job.data == 1);
  CHECK(job.parity == 1);
  CHECK(definition_of(job).hosts[0].order.backup.data == 1);
  CHECK(fixture.apply(kNightly + "redundancy = { data = 2, parity = 1 }\n").changed == Names{"content"});
  job = *fixture.catalogue.job_named("content");
  CHECK(job.data == 2);
  CHECK(definition_of(job).hosts[1].order.backup.parity == 1);
}

TEST_CASE("a job name belongs to one playbook and one kind") {
  Fixture fixture;
  fixture.apply(kNightly);
  const std::string other = "name = \"weekly\"\n" + kNightly.substr(kNightly.find('\n') + 1);
  CHECK(error_text([&] { fixture.plan(other); }) ==
        "playbook.toml:2:1: job 'content' belongs to playbook 'nightly', not to 'weekly'; choose another name, or sparekeep retire nightly");
  const std::string restore = "name = \"nightly\"\n[[restore]]\nname = \"content\"\nhosts = [\"web2\"]\nfrom = { job = \"x\" }\ntarget = \"/r\"\n";
  CHECK(error_text([&] { fixture.plan(restore); }) == "playbook.toml:2:1: job 'content' is registered as a backup; another name is expected for a restore");
}

TEST_CASE("what this version does not carry out is refused with its place") {
  Fixture fixture;
  const std::string text = "name = \"nightly\"\n[[restore]]\nname = \"r\"\nhosts = [\"web1\"]\nfrom = { job = \"x\" }\ntarget = \"/r\"\nafter = [\"true\"]\n";
  CHECK(error_text([&] { (void)fixture.declared(text); }) ==
        "playbook.toml:2:1: job 'r' has 'after', which this version does not carry out; a job without it is expected");
}

TEST_CASE("the commands of a job are in its orders, in a format that older agents refuse") {
  Fixture fixture;
  fixture.apply(kNightly + "commands = [{ name = \"db.sql\", run = \"pg_dump ${app}\", user = \"postgres\" }, { name = \"list\", run = \"ls\" }]\n");
  const Order order = definition_of(*fixture.catalogue.job_named("content")).hosts[0].order;
  CHECK(order.format == 2);
  REQUIRE(order.backup.commands.size() == 2);
  CHECK(order.backup.commands[0].run == "pg_dump shop");
  CHECK(order.backup.commands[0].user == "postgres");
  CHECK(order.backup.commands[1].user.empty());
}

TEST_CASE("what a job leaves out is in its orders, in a format that older agents refuse") {
  Fixture fixture;
  fixture.apply(kNightly);
  CHECK(definition_of(*fixture.catalogue.job_named("content")).hosts[0].order.format == 1);
  fixture.apply(kNightly + "exclude_files = [\"/etc/excludes/\"]\nexclude_if_present = [\".nobackup\"]\nexclude_caches = true\nexclude_larger_than = \"1 KiB\"\n"
                           "one_file_system = true\n");
  const Order order = definition_of(*fixture.catalogue.job_named("content")).hosts[0].order;
  CHECK(order.format == 2);
  CHECK(order.backup.exclude_files == Names{"/etc/excludes"});
  CHECK(order.backup.exclude_if_present == Names{".nobackup"});
  CHECK((order.backup.exclude_caches && order.backup.one_file_system));
  CHECK(order.backup.exclude_larger_than == 1024);
}

TEST_CASE("what is declared and not acted on is said once") {
  const Playbook plain = parse_playbook(kNightly, "playbook.toml");
  CHECK(not_acted_on(plain).empty());
  const Playbook retaining = parse_playbook(kNightly + "retain = { last = 7 }\n" + kConfiguration + "retain = { daily = 3 }\n", "playbook.toml");
  CHECK(not_acted_on(retaining) == Names{"playbook 'nightly' has 'retain': this version prunes nothing, every snapshot stays"});
}

}  // namespace sparekeep::central
