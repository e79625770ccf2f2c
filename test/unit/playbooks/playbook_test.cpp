#include "playbooks/playbook.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Playbook parse(std::string_view text) { return parse_playbook(text, "p.toml"); }

}  // namespace

TEST_CASE("what holds where nothing is said") {
  const Playbook playbook = parse(
      "name = 'p'\n[[backup]]\nname = 'b'\nhosts = ['web']\npaths = ['/etc']\n"
      "[[restore]]\nname = 'r'\nhosts = ['web']\nfrom = { job = 'b' }\ntarget = '/t'\n");
  CHECK(playbook.name == "p");
  CHECK(playbook.file == "p.toml");
  CHECK(playbook.text.starts_with("name = 'p'"));
  const BackupJob& backup = playbook.backups.at(0).job;
  CHECK_FALSE(backup.redundancy);
  CHECK_FALSE(backup.schedule);
  CHECK(backup.compression == "auto");
  CHECK(backup.retain == Retain{});
  CHECK(backup.at.text() == "p.toml:2:1");
  const RestoreJob& restore = playbook.restores.at(0).job;
  CHECK(restore.from.host.empty());
  CHECK(restore.from.snapshot == "latest");
  CHECK(restore.overwrite == Overwrite::changed);
  CHECK_FALSE(restore.remove);
  CHECK(restore.verify);
  CHECK(parse("name = 'empty'").backups.empty());
}

TEST_CASE("every key of a backup") {
  const BackupJob job =
      parse(
          "name = 'p'\n[[backup]]\nname = 'b'\ntags = ['prod']\nhosts = ['web', 'db*']\npaths = ['/srv/${app}', '/etc']\n"
          "exclude = ['**/*.tmp', '!/srv/keep']\nexclude_files = ['/etc/sparekeep/excludes']\nexclude_caches = true\n"
          "exclude_if_present = ['.nobackup']\nexclude_larger_than = '4 GiB'\none_file_system = true\n"
          "redundancy = { data = 4, parity = 2 }\nschedule = '02:00'\ncompression = 'zstd:19'\n"
          "privileges = { restore = ['user:alice', 'group:web'], run = ['host:web2'] }\nretain = { last = 7, yearly = 1 }\n"
          "before = ['stop', { run = 'dump', user = 'postgres' }]\nafter = ['start']\n"
          "commands = [{ name = 'db.sql', run = 'pg_dump app', user = 'postgres' }]\n")
          .backups.at(0)
          .job;
  CHECK(job.tags == std::vector<std::string>{"prod"});
  CHECK(job.hosts == std::vector<std::string>{"web", "db*"});
  CHECK(job.paths == std::vector<std::string>{"/srv/${app}", "/etc"});
  CHECK(job.exclude.size() == 2);
  CHECK(job.exclude_files == std::vector<std::string>{"/etc/sparekeep/excludes"});
  CHECK(job.exclude_if_present == std::vector<std::string>{".nobackup"});
  CHECK((job.exclude_caches && job.one_file_system));
  CHECK(job.exclude_larger_than == uint64_t{4} << 30);
  CHECK(job.redundancy == Layout{4, 2});
  CHECK(job.schedule->text == "02:00");
  CHECK(job.compression == "zstd:19");
  CHECK(job.privileges.restore == std::vector<std::string>{"user:alice", "group:web"});
  CHECK(job.privileges.run == std::vector<std::string>{"host:web2"});
  CHECK(job.retain == Retain{.last = 7, .yearly = 1});
  REQUIRE(job.before.size() == 2);
  CHECK(job.before[0].run == "stop");
  CHECK(job.before[0].user.empty());
  CHECK(job.before[1].user == "postgres");
  CHECK(job.after.at(0).run == "start");
  CHECK(job.commands.at(0).name == "db.sql");
  CHECK(job.commands.at(0).run == "pg_dump app");
  CHECK(job.commands.at(0).user == "postgres");
}

TEST_CASE("every key of a restore") {
  const RestoreJob job =
      parse(
          "name = 'p'\n[[restore]]\nname = 'r'\ntags = ['drill']\nhosts = ['web2']\nfrom = { job = 'b', host = 'web1', snapshot = '12ab' "
          "}\n"
          "include = ['/srv/**']\nexclude = ['*.o']\ntarget = '/t'\noverwrite = 'never'\ndelete = true\nnumeric_owner = true\n"
          "verify = false\nschedule = 'weekly'\nbefore = ['x']\nafter = ['y']\n")
          .restores.at(0)
          .job;
  CHECK(job.from.host == "web1");
  CHECK(job.from.snapshot == "12ab");
  CHECK(job.include == std::vector<std::string>{"/srv/**"});
  CHECK(job.exclude == std::vector<std::string>{"*.o"});
  CHECK(job.overwrite == Overwrite::never);
  CHECK(job.remove);
  CHECK(job.numeric_owner);
  CHECK_FALSE(job.verify);
  CHECK(job.schedule->weekdays == 1);
}

TEST_CASE("a key of a job replaces that of the defaults as a whole") {
  const Playbook playbook = parse(
      "name = 'p'\n[defaults.backup]\nredundancy = { data = 2, parity = 1 }\nretain = { daily = 3 }\n"
      "[defaults.restore]\noverwrite = 'always'\n"
      "[[backup]]\nname = 'a'\nhosts = ['h']\npaths = ['/']\n"
      "[[backup]]\nname = 'b'\nhosts = ['h']\npaths = ['/']\nredundancy = { copies = 3 }\nretain = { last = 1 }\n"
      "[[restore]]\nname = 'r'\nhosts = ['h']\nfrom = { job = 'a' }\ntarget = '/t'\n");
  CHECK(playbook.backups.at(0).job.redundancy == Layout{2, 1});
  CHECK(playbook.backups.at(0).job.retain == Retain{.daily = 3});
  CHECK(playbook.backups.at(1).job.redundancy == copies(3));
  CHECK(playbook.backups.at(1).job.retain == Retain{.last = 1});
  CHECK(playbook.restores.at(0).job.overwrite == Overwrite::always);
}
