#include "inventory/inventory.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

Inventory parse(std::string_view text) { return parse_inventory({{"i.toml", std::string(text)}}, {"/home/me"}); }

std::vector<std::string> names(const Inventory& inventory) {
  std::vector<std::string> names;
  for (const Host& host : inventory.hosts) names.push_back(host.name);
  return names;
}

}  // namespace

TEST_CASE("what holds where nothing is said") {
  const Inventory inventory = parse("[hosts.web1]\n");
  const Host& host = *inventory.find("web1");
  CHECK(host.address == "web1");
  CHECK(host.connection == Connection::ssh);
  CHECK(host.user == "root");
  CHECK(host.port == 22);
  CHECK(host.host_keys == HostKeyCheck::strict);
  CHECK_FALSE(host.become);
  CHECK(host.zone == "web1");
  CHECK(host.roles.empty());
  CHECK(host.storage.path == "/srv/sparekeep");
  CHECK(host.storage.keep_free.of(1000) == 100);
  CHECK_FALSE(host.storage.quota_bytes);
  CHECK(host.storage.lock == std::chrono::hours(720));
  CHECK(host.storage.address == "web1");
  CHECK(host.storage.port == 7421);
  CHECK(host.allow_restore_to == std::vector<std::string>{"/var/lib/sparekeep/restore"});
  CHECK(host.at.text() == "i.toml:1:8");
  CHECK(inventory.central.address.empty());
  CHECK(inventory.central.port == 7420);
  CHECK(inventory.find("web2") == nullptr);
  CHECK_FALSE(inventory.all_local());
}

TEST_CASE("the nearest wins, key by key") {
  const Inventory inventory = parse(
      "[defaults]\nuser = 'd'\nport = 1\nvars = { a = 'd', b = 'd', c = 'd' }\nstorage = { path = '/d', quota = '1 GiB' }\n"
      "[groups.inner]\nhosts = ['h']\nport = 2\nvars = { b = 'i', c = 'i' }\n"
      "[groups.outer]\nhosts = ['inner']\nport = 3\nbecome = true\nvars = { b = 'o' }\n"
      "[hosts.h]\nvars = { c = 'h' }\nstorage = { path = '/h' }\n");
  const Host& host = *inventory.find("h");
  CHECK(host.user == "d");
  CHECK(host.port == 2);
  CHECK(host.become);
  CHECK(host.vars == std::map<std::string, std::string>{{"a", "d"}, {"b", "i"}, {"c", "h"}});
  CHECK(host.storage.path == "/h");
  CHECK(host.storage.quota_bytes == uint64_t{1} << 30);
}

TEST_CASE("groups: ranges, groups in groups, all") {
  const Inventory inventory = parse(
      "[groups.storage]\nhosts = ['store[1:3]']\n[groups.web]\nhosts = ['web[08:10]', 'store2']\n"
      "[groups.both]\nhosts = ['web', 'storage', 'x']\n[hosts.alone]\n");
  CHECK(names(inventory) == std::vector<std::string>{"store1", "store2", "store3", "web08", "web09", "web10", "x", "alone"});
  CHECK(inventory.groups.at("storage") == std::vector<std::string>{"store1", "store2", "store3"});
  CHECK(inventory.groups.at("both").size() == 7);
  CHECK(inventory.groups.at("all") == names(inventory));
}

TEST_CASE("roles of several groups add up, a host's own replace them") {
  const Inventory inventory = parse(
      "[groups.storage]\nhosts = ['a', 'b']\nroles = ['storage']\n"
      "[groups.web]\nhosts = ['a', 'b']\nroles = ['backup', 'storage']\n[hosts.b]\nroles = []\n");
  CHECK(inventory.find("a")->roles == std::vector<HostRole>{HostRole::storage, HostRole::backup});
  CHECK(inventory.find("b")->roles.empty());
}

TEST_CASE("groups at one distance may agree, or the host decides") {
  CHECK(parse("[groups.a]\nhosts = ['h']\nzone = 'x'\n[groups.b]\nhosts = ['h']\nzone = 'x'\n").find("h")->zone == "x");
  CHECK(parse("[groups.a]\nhosts = ['h']\nzone = 'x'\n[groups.b]\nhosts = ['h']\nzone = 'y'\n[hosts.h]\nzone = 'z'\n").find("h")->zone ==
        "z");
}

TEST_CASE("local hosts") {
  const Inventory inventory = parse(
      "[defaults]\nconnection = 'local'\nroot = '/tmp/x/${host}/../${host}/'\nvars = { d = 'v' }\n"
      "[hosts.a]\nstorage = { path = '/${d}/${host}' }\n[hosts.b]\nroot = '~/b'\n");
  CHECK(inventory.all_local());
  CHECK(inventory.find("a")->address == "127.0.0.1");
  CHECK(inventory.find("a")->storage.address == "127.0.0.1");
  CHECK(inventory.find("a")->root == "/tmp/x/a");
  CHECK(inventory.find("a")->storage.path == "/v/a");
  CHECK(inventory.find("b")->root == "/home/me/b");
  CHECK_FALSE(inventory.find("a")->storage.port_given);
}

TEST_CASE("a root is of no use over ssh") { CHECK(parse("[defaults]\nroot = '/x'\n[hosts.a]\n").find("a")->root.empty()); }

TEST_CASE("several files are one inventory") {
  const std::vector<InventoryText> texts{
      {"1.toml", "[defaults]\nuser = 'a'\n[groups.g]\nhosts = ['x']\nport = 1\n[central]\naddress = 'c'\n"},
      {"2.toml", "[defaults]\nuser = 'b'\n[groups.g]\nhosts = ['y']\nport = 2\n[central]\nport = 9\n"}};
  const Inventory inventory = parse_inventory(texts, {});
  CHECK(names(inventory) == std::vector<std::string>{"x", "y"});
  CHECK(inventory.find("x")->user == "b");
  CHECK(inventory.find("x")->port == 2);
  CHECK(inventory.find("y")->at.text() == "2.toml:4:10");
  CHECK(inventory.central.address == "c");
  CHECK(inventory.central.port == 9);
  CHECK(inventory.central.port_given);
}

TEST_CASE("keep_free is a percentage or a size") {
  const Inventory inventory = parse("[hosts.a]\nstorage = { keep_free = '0%' }\n[hosts.b]\nstorage = { keep_free = '5 GiB' }\n");
  CHECK(inventory.find("a")->storage.keep_free.of(uint64_t{1} << 40) == 0);
  CHECK(inventory.find("b")->storage.keep_free.of(123) == uint64_t{5} << 30);
  CHECK(KeepFree{99, 0}.of(UINT64_MAX) > UINT64_MAX / 100 * 98);
}

TEST_CASE("an inventory may come from standard input, once") {
  const TemporaryFolder folder;
  REQUIRE(write_durably(folder / "typed", as_bytes("[hosts.a]\n[hosts.b]\nprot = 1\n")));
  const Descriptor before(::dup(STDIN_FILENO)), typed(::open((folder / "typed").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::dup2(typed.get(), STDIN_FILENO) == STDIN_FILENO);
  CHECK_THROWS_WITH(read_inventory({"-"}, {}), "standard input:3:1: unknown key 'prot' in a host; did you mean 'port'?");
  REQUIRE(write_durably(folder / "other", as_bytes("[hosts.c]\n")));
  CHECK_THROWS_WITH(read_inventory({"-", folder / "other", "-"}, {}), "the inventory is to be read from standard input twice; '-' is expected once");
  ::dup2(before.get(), STDIN_FILENO);
}
