#include "playbooks/bind.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Inventory fleet(int systems) {
  return parse_inventory(
      {{"i.toml", "[groups.storage]\nhosts = ['store[1:" + std::to_string(systems) +
                      "]']\nroles = ['storage']\n"
                      "[groups.web]\nhosts = ['web1', 'web2']\nvars = { app = 'shop' }\n[hosts.web2]\nvars = { app = 'blog' }\n"}},
      {});
}

BoundPlaybook bound_from(const std::string& text, int systems) {
  return bind_playbook(parse_playbook("name = 'p'\n" + text, "p.toml"), fleet(systems));
}

std::string backup(const std::string& hosts) {
  return "[[backup]]\nname = 'b'\nhosts = [" + hosts + "]\npaths = ['/srv/${app}/${host}/']\n";
}

}  // namespace

TEST_CASE("each host gets its own job, without variables") {
  const BoundPlaybook bound =
      bound_from(backup("'web2', 'web1'") + "before = ['stop ${app} $${x}']\ncommands = [{ name = 'd', run = 'dump ${app}' }]\n", 4);
  CHECK(bound.name == "p");
  REQUIRE(bound.backups.size() == 2);
  CHECK(bound.backups[0].host == "web1");
  CHECK(bound.backups[0].job.paths == std::vector<std::string>{"/srv/shop/web1"});
  CHECK(bound.backups[0].job.before.at(0).run == "stop shop ${x}");
  CHECK(bound.backups[1].host == "web2");
  CHECK(bound.backups[1].job.paths == std::vector<std::string>{"/srv/blog/web2"});
  CHECK(bound.backups[1].job.commands.at(0).run == "dump blog");
}

TEST_CASE("exclusions and globs in hosts") {
  CHECK(bound_from(backup("'all', '!store*', '!web1'"), 4).backups.size() == 1);
  CHECK(bound_from(backup("'web[1:2]'"), 4).backups.size() == 2);
}

TEST_CASE("default redundancy follows the other systems") {
  CHECK(bound_from(backup("'web'"), 6).backups.at(0).job.redundancy == Layout{2, 2});
  CHECK(bound_from(backup("'web'"), 4).backups.at(0).job.redundancy == Layout{2, 2});
  CHECK(bound_from(backup("'web'"), 3).backups.at(0).job.redundancy == copies(3));
  CHECK(bound_from(backup("'web'"), 3).warnings.empty());
  const BoundPlaybook two = bound_from(backup("'web'"), 2);
  CHECK(two.backups.at(0).job.redundancy == copies(2));
  CHECK(two.warnings ==
        std::vector<std::string>{"p.toml:2:1: job 'b' keeps 2 copies only, because host 'web1' has 2 other storage systems in the "
                                 "inventory; four systems give 2 + 2"});
  CHECK_THROWS_WITH(bound_from(backup("'web'"), 1),
                    "p.toml:2:1: job 'b' has no redundancy, because host 'web1' has 1 other storage system in the inventory; "
                    "at least 2 are expected");
  CHECK_FALSE(default_redundancy(0));
  CHECK(default_redundancy(1000) == Layout{2, 2});
}

TEST_CASE("a storage host is not counted for itself") {
  const std::string job = "[[backup]]\nname = 'b'\nhosts = ['all']\npaths = ['/etc']\n";
  const BoundPlaybook bound = bound_from(job, 4);
  for (const HostBackup& backup : bound.backups)
    CHECK(backup.job.redundancy == (backup.host.starts_with("store") ? copies(3) : Layout{2, 2}));
}

TEST_CASE("restores: each host from itself, or from one that is named") {
  const std::string restore = "[[restore]]\nname = 'r'\nhosts = ['web']\ntarget = '/t/${host}/'\n";
  const BoundPlaybook own = bound_from(backup("'web'") + restore + "from = { job = 'b' }\n", 4);
  REQUIRE(own.restores.size() == 2);
  CHECK(own.restores[1].job.from.host == "web2");
  CHECK(own.restores[1].job.target == "/t/web2");
  CHECK(bound_from(backup("'web1'") + restore + "from = { job = 'b', host = 'web1' }\n", 4).restores.at(1).job.from.host == "web1");
}

TEST_CASE("a job of another playbook may be restored, of a host that is gone, too") {
  const BoundPlaybook bound =
      bound_from("[[restore]]\nname = 'r'\nhosts = ['web1']\ntarget = '/t'\nfrom = { job = 'other', host = 'gone' }\n", 0 + 2);
  CHECK(bound.restores.at(0).job.from.host == "gone");
}
