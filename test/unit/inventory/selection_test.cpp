#include "inventory/selection.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

#include "lib/base/files.h"

using namespace sparekeep;

namespace {

using Names = std::vector<std::string>;

Inventory fleet() {
  return parse_inventory({{"i.toml", "[groups.storage]\nhosts = ['store[1:4]']\n[groups.web]\nhosts = ['web1', 'web2']\n[hosts.db]\n"}},
                         {});
}

std::string refused(std::string_view pattern) {
  try {
    select_hosts(fleet(), pattern);
    return "nothing";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
}

}  // namespace

TEST_CASE("ranges") {
  CHECK(expand_range("a[9:11]b").value() == Names{"a9b", "a10b", "a11b"});
  CHECK(expand_range("a[08:10]").value() == Names{"a08", "a09", "a10"});
  CHECK(expand_range("rack-[b:d]").value() == Names{"rack-b", "rack-c", "rack-d"});
  CHECK(expand_range("plain").value() == Names{"plain"});
  CHECK(expand_range("glob[ab]").value() == Names{"glob[ab]"});
  CHECK(expand_range("a[1:").error().text() == "'a[1:' is no range; a range such as 'store[1:6]' is expected");
  CHECK(expand_range("a[1:9999999]").error().text() == "'a[1:9999999]' is no range; a range such as 'store[1:6]' is expected");
}

TEST_CASE("patterns") {
  const Inventory inventory = fleet();
  CHECK(select_hosts(inventory, "web2,store1") == Names{"store1", "web2"});
  CHECK(select_hosts(inventory, "web") == Names{"web1", "web2"});
  CHECK(select_hosts(inventory, "store*") == Names{"store1", "store2", "store3", "store4"});
  CHECK(select_hosts(inventory, "w*") == Names{"web1", "web2"});
  CHECK(select_hosts(inventory, "store[2:3]") == Names{"store2", "store3"});
  CHECK(select_hosts(inventory, "store[23]") == Names{"store2", "store3"});
  CHECK(select_hosts(inventory, "storage, !store[2:3]") == Names{"store1", "store4"});
  CHECK(select_hosts(inventory, "!storage") == Names{"web1", "web2", "db"});
  CHECK(select_hosts(inventory, "all,!web,!storage") == Names{"db"});
}

TEST_CASE("a list from a file") {
  TemporaryFolder folder;
  REQUIRE(write_durably(folder / "list", as_bytes("# failed yesterday\nweb1\n\n  db \r\n!store1\nstorage")));
  CHECK(select_hosts(fleet(), "@" + (folder / "list").string()) == Names{"store2", "store3", "store4", "web1", "db"});
}

TEST_CASE("a list from a file that is excluded") {
  TemporaryFolder folder;
  REQUIRE(write_durably(folder / "list", as_bytes("web1\nstore[1:3]\n# not db\n")));
  const std::string list = (folder / "list").string();
  CHECK(select_hosts(fleet(), "!@" + list) == Names{"store4", "web2", "db"});
  CHECK(select_hosts(fleet(), "web, ! @" + list) == Names{"web2"});
  REQUIRE(write_durably(folder / "list", as_bytes("web1\n!web2\n")));
  CHECK(refused("!@" + list) == "--limit '!@" + list + "': the file excludes 'web2' itself; a host, a group or a glob is expected");
  CHECK(refused("!@/does/not/exist") == "--limit '!@/does/not/exist': opening '/does/not/exist': no such file or directory");
}

TEST_CASE("what matches nothing is refused") {
  CHECK(refused("wbe1") == "--limit 'wbe1': no host or group of the inventory is 'wbe1'; did you mean 'web1'?");
  CHECK(refused("x*") == "--limit 'x*': no host or group of the inventory is 'x*'; a host, a group or a glob is expected");
  CHECK(refused("store[1:9]") == "--limit 'store[1:9]': no host or group of the inventory is 'store5'; did you mean 'store1'?");
  CHECK(refused("db,!db") == "--limit 'db,!db': no host is left; a host, a group or a glob is expected");
  CHECK(refused("web[2:1]") == "--limit 'web[2:1]': 'web[2:1]' ends before it begins; a range such as 'store[1:6]' is expected");
  for (const char* nothing : {"", " ", ",", " , "})
    CHECK(refused(nothing) == "--limit '" + std::string(nothing) + "': no host is left; a host, a group or a glob is expected");
  TemporaryFolder folder;
  REQUIRE(write_durably(folder / "list", as_bytes("\n# none today\n  \n")));
  const std::string list = "@" + (folder / "list").string();
  CHECK(refused(list) == "--limit '" + list + "': the file names no host");
  CHECK(refused(list + ",!store1") == "--limit '" + list + "': the file names no host");
  CHECK(refused("@/does/not/exist") == "--limit '@/does/not/exist': opening '/does/not/exist': no such file or directory");
}
