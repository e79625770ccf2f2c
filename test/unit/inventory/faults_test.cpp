// Each kind of fault in an inventory, with its whole message.
#include "inventory/inventory.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

std::string refused(std::string_view text, const std::string& home = "/home/me") {
  try {
    parse_inventory({{"i.toml", std::string(text)}}, {home});
    return "nothing";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
}

const std::string kNameRule = "a name of at most 63 letters, digits, '-', '_' and '.', that begins with a letter or digit, is expected";

}  // namespace

TEST_CASE("faults: keys and types") {
  CHECK(refused("[host.a]\n") == "i.toml:1:2: unknown key 'host' in an inventory; did you mean 'hosts'?");
  CHECK(refused("defaults = 1\n") == "i.toml:1:12: 'defaults' is 1; a table is expected");
  CHECK(refused("[hosts.a]\nrols = ['storage']\n") == "i.toml:2:1: unknown key 'rols' in a host; did you mean 'roles'?");
  CHECK(refused("[defaults]\nconnection = 'shh'\n") == "i.toml:2:14: 'connection' is 'shh'; 'ssh' or 'local' is expected");
  CHECK(refused("[hosts.a]\nroles = ['stoarge']\n") == "i.toml:2:10: an item of 'roles' is 'stoarge'; 'storage' or 'backup' is expected");
  CHECK(refused("[hosts.a]\nroles = 'storage'\n") == "i.toml:2:9: 'roles' is 'storage'; a list of 'storage' and 'backup' is expected");
  CHECK(refused("[hosts.a]\nport = 0\n") == "i.toml:2:8: 'port' is 0; an integer from 1 to 65535 is expected");
  CHECK(refused("[hosts.a]\naddress = '-oProxyCommand=x'\n") ==
        "i.toml:2:11: 'address' is '-oProxyCommand=x'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.a]\nuser = ''\n") == "i.toml:2:8: 'user' is ''; a user's name of at most 255 bytes is expected");
  CHECK(refused("[hosts.a]\nidentity = 'key'\n") ==
        "i.toml:2:12: 'identity' is 'key'; an absolute path, or one that begins with \"~/\" is expected");
  CHECK(refused("[hosts.a]\nbecome = 'sudo'\n") == "i.toml:2:10: 'become' is 'sudo'; true or false is expected");
  CHECK(refused("[hosts.a]\nhost_keys = 'no'\n") == "i.toml:2:13: 'host_keys' is 'no'; 'strict' or 'accept-new' is expected");
  CHECK(refused("hosts = { a = 1 }\n") == "i.toml:1:15: host 'a' is 1; a table is expected");
  CHECK(refused("groups = { a = 1 }\n") == "i.toml:1:16: group 'a' is 1; a table is expected");
  CHECK(refused("[central]\nport = 70000\n") == "i.toml:2:8: 'port' is 70000; an integer from 1 to 65535 is expected");
}

TEST_CASE("faults: names longer than the master file takes them") {
  const std::string fits(255, 'z'), over(256, 'z');
  CHECK(refused("[hosts.a]\nzone = '" + fits + "'\n") == "nothing");
  CHECK(refused("[hosts.a]\nzone = '" + over + "'\n").ends_with("a name of at most 255 bytes is expected"));
  CHECK(refused("[hosts.a]\nuser = '" + over + "'\n").ends_with("a user's name of at most 255 bytes is expected"));
  CHECK(refused("[hosts.a]\naddress = '${v}'\nvars = { v = '" + over + "' }\n").ends_with("an IP address or a DNS name is expected"));
}

TEST_CASE("faults: storage") {
  CHECK(refused("[hosts.a]\nstorage = { path = 'srv' }\n") == "i.toml:2:20: 'path' is 'srv'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nstorage = { path = '/srv/../etc' }\n") ==
        "i.toml:2:20: 'path' is '/srv/../etc'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nstorage = { path = '/srv/..' }\n") == "i.toml:2:20: 'path' is '/srv/..'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nstorage = { path = \"/srv/a\\nb\" }\n") == "i.toml:2:20: 'path' is '/srv/a\\x0ab'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nvars = { p = \"a\\u007f\" }\nstorage = { path = '/srv/${p}' }\n") ==
        "i.toml:3:20: 'path' is '/srv/a\\x7f'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nidentity = \"~/a\\tb\"\n") ==
        "i.toml:2:12: 'identity' is '~/a\\x09b'; an absolute path, or one that begins with \"~/\" is expected");
  CHECK(refused("[hosts.a]\nstorage = { path = '//' }\n") == "i.toml:1:8: 'storage.path' of host 'a' is '/'; a folder below it is expected");
  const auto overlapping = [](const std::string& path, const std::string& own) {
    return "i.toml:1:8: 'storage.path' of host 'a' is '" + path + "', which overlaps with '" + own + "'; a folder apart from Sparekeep's own is expected";
  };
  for (const std::string own : {"/etc/sparekeep", "/usr/lib/sparekeep", "/var/lib/sparekeep/daemon", "/var/lib/sparekeep/agent", "/var/lib/sparekeep/orders"})
    for (const std::string path : {own, own + "/in"}) CHECK(refused("[hosts.a]\nstorage = { path = '" + path + "//' }\n") == overlapping(path, own));
  CHECK(refused("[hosts.a]\nstorage = { path = '/etc' }\n") == overlapping("/etc", "/etc/sparekeep"));
  CHECK(refused("[hosts.a]\nstorage = { path = '/var/lib/sparekeep' }\n") == overlapping("/var/lib/sparekeep", "/var/lib/sparekeep/daemon"));
  for (const std::string path : {"/var/lib/sparekeep/shards", "/var/lib/sparekeep/daemons", "/etc/sparekeeper"})
    CHECK(refused("[hosts.a]\nstorage = { path = '" + path + "' }\n") == "nothing");
  const std::string real = "[hosts.a]\nroles = ['storage']\n", local = real + "connection = 'local'\nroot = '/a'\n";
  for (const std::string hidden : {"/dev", "/proc", "/root", "/run", "/sys", "/tmp", "/var/run", "/var/tmp"}) {
    CHECK(refused(real + "storage = { path = '" + hidden + "/x' }\n") ==
          "i.toml:1:8: 'storage.path' of host 'a' is '" + hidden + "/x', which lies in '" + hidden +
              "'; a folder that lasts and that the daemon's user can reach is expected, like '/srv/sparekeep'");
    CHECK(refused(real + "storage = { path = '" + hidden + "x' }\n") == "nothing");
    CHECK(refused(local + "storage = { path = '" + hidden + "/x' }\n") == "nothing");
  }
  CHECK(refused(real + "storage = { port = 1023 }\n") ==
        "i.toml:1:8: 'storage.port' of host 'a' is 1023; a port from 1024 on is expected: the daemon is no root's");
  CHECK(refused(real + "storage = { port = 1024 }\n") == "nothing");
  CHECK(refused(local + "storage = { port = 80 }\n") == "nothing");
  for (const std::string address : {"0.0.0.0", "::", "::0"})
    CHECK(refused("[hosts.a]\naddress = '" + address + "'\n") == "i.toml:2:11: 'address' is '" + address + "'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.a]\nallow_restore_to = ['/srv', '/a/../b']\n") ==
        "i.toml:2:29: an item of 'allow_restore_to' is '/a/../b'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nallow_restore_to = ['srv']\n") ==
        "i.toml:2:21: an item of 'allow_restore_to' is 'srv'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nstorage = { quota = '0' }\n") == "i.toml:2:21: 'quota' is '0'; a size above 0 such as \"200 GiB\" is expected");
  CHECK(refused("[hosts.a]\nstorage = { quota = '0 GiB' }\n") == "i.toml:2:21: 'quota' is '0 GiB'; a size above 0 such as \"200 GiB\" is expected");
  CHECK(refused("[hosts.a]\nstorage = { port = 65536 }\n") == "i.toml:2:20: 'port' is 65536; an integer from 1 to 65535 is expected");
  CHECK(refused("[hosts.a]\nstorage = { keep_free = '100%' }\n") ==
        "i.toml:2:25: 'keep_free' is '100%'; a percentage such as \"10%\", or a size such as \"200 GiB\", is expected");
  CHECK(refused("[hosts.a]\nstorage = { quota = '1 parsec' }\n") ==
        "i.toml:2:21: 'quota' is '1 parsec'; a size above 0 such as \"200 GiB\" is expected");
  CHECK(refused("[hosts.a]\nstorage = { lock = 30 }\n") == "i.toml:2:20: 'lock' is 30; a duration such as \"30d\" or \"5m\" is expected");
  CHECK(refused("[hosts.a]\nstorage = { keepfree = '1%' }\n") ==
        "i.toml:2:13: unknown key 'keepfree' in 'storage'; did you mean 'keep_free'?");
  CHECK(refused("[hosts.a]\nvars = { p = 'rel' }\nstorage = { path = '${p}/x' }\n") ==
        "i.toml:3:20: 'path' is 'rel/x'; an absolute path without '..' is expected");
  CHECK(refused("[hosts.a]\nvars = { p = '..' }\nstorage = { path = '/srv/${p}/x' }\n") ==
        "i.toml:3:20: 'path' is '/srv/../x'; an absolute path without '..' is expected");
}

TEST_CASE("faults: addresses") {
  const auto address = [](const std::string& text) { return refused("[hosts.a]\naddress = '" + text + "'\n"); };
  for (const std::string wrong : {"1.2.3.999", "1.2.3", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "1..2", ".example.com", "a..b", "web 1", "web1:22", "http://web1", "1:2:3",
                                  "::1::2", "fe80::1%", "[::1]", "web1.7", "a.-b", "web1/x", ""})
    CHECK(address(wrong) == "i.toml:2:11: 'address' is '" + wrong + "'; an IP address or a DNS name is expected");
  for (const std::string right : {"192.0.2.1", "web1", "web-1.example.com", "web1.example.com.", "::1", "2001:db8::7", "fe80::1%eth0", "4you.example", "db_1"})
    CHECK(address(right) == "nothing");
  CHECK(refused("[hosts.a]\naddress = '" + std::string(64, 'x') + "'\n") ==
        "i.toml:2:11: 'address' is '" + std::string(64, 'x') + "'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.a]\nvars = { n = '999' }\naddress = '10.0.0.${n}'\n") ==
        "i.toml:3:11: 'address' is '10.0.0.999'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.a]\nstorage = { address = '1.2.3.999' }\n") == "i.toml:2:23: 'address' is '1.2.3.999'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.a]\n[central]\naddress = '1.2.3.999'\n") == "i.toml:3:11: 'address' is '1.2.3.999'; an IP address or a DNS name is expected");
  CHECK(refused("[hosts.\"1.2.3.999\"]\n") ==
        "i.toml:1:8: host '1.2.3.999' has no 'address', and its name is none; an IP address or a DNS name is expected");
  CHECK(refused("[groups.g]\nhosts = ['h[1:3]', '7']\n") ==
        "i.toml:2:20: host '7' has no 'address', and its name is none; an IP address or a DNS name is expected");
}

TEST_CASE("faults: no hosts, and hosts twice") {
  const std::string none = "i.toml:1:1: an inventory without hosts; [hosts.NAME], or a group with 'hosts', is expected";
  CHECK(refused("") == none);
  CHECK(refused("# nothing\n[defaults]\nport = 22\n") == none);
  CHECK(refused("[groups.g]\nhosts = []\n") == none);
  CHECK(refused("[hosts.a]\n[hosts.a]\n") ==
        "i.toml:2:1: this is no TOML: error while parsing table header: cannot redefine existing table 'hosts.a'; "
        "'key = value', '[table]' or '[[list of tables]]' is expected");
  CHECK(refused("[groups.g]\nhosts = ['a', 'b', 'a']\n") ==
        "i.toml:2:20: 'a' is in group 'g' already, at i.toml:2:10; each member once is expected");
  CHECK(refused("[groups.g]\nhosts = ['a[1:3]', 'a2']\n") ==
        "i.toml:2:20: 'a2' is in group 'g' already, at i.toml:2:10; each member once is expected");
  CHECK(refused("[groups.g]\nhosts = ['h', 'h']\n[groups.h]\nhosts = ['a']\n") ==
        "i.toml:2:15: 'h' is in group 'g' already, at i.toml:2:10; each member once is expected");
}

TEST_CASE("a host that two files name in one group is one member") {
  const Inventory inventory = parse_inventory({{"a.toml", "[groups.g]\nhosts = ['a', 'b']\n"}, {"b.toml", "[groups.g]\nhosts = ['b', 'c']\n"}}, {});
  CHECK(inventory.groups.at("g") == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("what a small file makes of many hosts is refused before it is made") {
  std::string text = "[defaults.vars]\n";
  for (int i = 0; i < 200; ++i) text += "v" + std::to_string(i) + " = 'x'\n";
  CHECK(refused(text + "[groups.g]\nhosts = ['h[1:10000]']\n") ==
        "i.toml:1:1: the hosts have too many settings together, those of defaults and groups counted for each host; expected at most 1000000");
  std::string nested = "[groups.g0]\nhosts = ['h[1:10000]']\n";
  for (int i = 1; i <= 100; ++i) nested += "[groups.g" + std::to_string(i) + "]\nhosts = ['g0']\n";
  CHECK(refused(nested) ==
        "i.toml:1:1: the hosts have too many settings together, those of defaults and groups counted for each host; expected at most 1000000");
}

TEST_CASE("what variables make of a text is bounded") {
  std::string references;
  for (int i = 0; i < 500; ++i) references += "${v}";
  CHECK(refused("[hosts.a]\nvars = { v = '" + std::string(1000, 'x') + "' }\nroot = '/" + references + "'\n") ==
        "i.toml:3:8: the text is too long once its variables are known; expected at most 65536 bytes");
  CHECK(refused("[defaults]\nvars = { v = '" + std::string(2000, 'x') + "' }\nroot = '/${v}${v}'\n[groups.g]\nhosts = ['h[1:9000]']\n") ==
        "i.toml:3:8: the values of variables are too long where they stand; expected at most 33554432 bytes in all texts");
  CHECK(refused("[hosts.a]\nvars = { a = '${b}${b}', b = '${a}${a}' }\nzone = '${a}'\n") == "nothing");
}

TEST_CASE("faults are found even where no host shows them") {
  CHECK(refused("[defaults]\nport = 'x'\n") == "i.toml:2:8: 'port' is 'x'; an integer from 1 to 65535 is expected");
  CHECK(refused("[groups.empty]\nport = 'x'\n") == "i.toml:2:8: 'port' is 'x'; an integer from 1 to 65535 is expected");
}

TEST_CASE("faults: names") {
  CHECK(refused("[hosts.\"a b\"]\n") == "i.toml:1:8: host 'a b' has a name that cannot be used; " + kNameRule);
  CHECK(refused("[hosts.\"../x\"]\n") == "i.toml:1:8: host '../x' has a name that cannot be used; " + kNameRule);
  CHECK(refused("[hosts.all]\n") == "i.toml:1:8: host 'all' has a name that cannot be used: it means every host; the name of one host is expected");
  CHECK(refused("[groups.g]\nhosts = ['all']\n") == "i.toml:2:10: host 'all' has a name that cannot be used: it means every host; the name of one host is expected");
  CHECK(refused("[groups.\"-x\"]\n") == "i.toml:1:9: group '-x' has a name that cannot be used; " + kNameRule);
  CHECK(refused("[groups.all]\n") == "i.toml:1:9: group 'all' is there already; it means every host; another name is expected");
  CHECK(refused("[groups.g]\nhosts = ['a/b']\n") == "i.toml:2:10: host 'a/b' has a name that cannot be used; " + kNameRule);
  CHECK(refused("[groups.x]\nhosts = ['a']\n[hosts.x]\n") == "i.toml:3:8: 'x' is a host and a group; two names are expected");
  CHECK(refused("[hosts.a]\nvars = { host = 'x' }\n") ==
        "i.toml:2:10: 'host' cannot be a key of 'vars'; a table of strings whose keys are names of letters, digits and '_', without "
        "'host', is expected");
}

TEST_CASE("faults: groups") {
  CHECK(refused("[groups.g]\nhosts = 'a'\n") == "i.toml:2:9: 'hosts' is 'a'; a list of host names, ranges and groups is expected");
  CHECK(refused("[groups.g]\nhosts = [1]\n") == "i.toml:2:10: an item of 'hosts' is 1; a host name, a range or a group is expected");
  CHECK(refused("[groups.g]\nhosts = ['a[3:1]']\n") ==
        "i.toml:2:10: 'a[3:1]' ends before it begins; a range such as 'store[1:6]' is expected");
  CHECK(refused("[groups.g]\nhosts = ['a[1:z]']\n") == "i.toml:2:10: 'a[1:z]' is no range; a range such as 'store[1:6]' is expected");
  CHECK(refused("[groups.g]\nhosts = ['a[1:99999]']\n") ==
        "i.toml:2:10: 'a[1:99999]' stands for more than 10000 names; a range such as 'store[1:6]' is expected");
  CHECK(refused("[groups.a]\nhosts = ['b']\n[groups.b]\nhosts = ['a']\n") ==
        "i.toml:2:10: group 'a' is a member of itself, by way of 'b'; groups without a circle are expected");
  CHECK(refused("[groups.a]\nhosts = ['h', 'a']\n") ==
        "i.toml:2:15: group 'a' is a member of itself; other members are expected, and a host of this name needs another one");
  CHECK(refused("[groups.a]\nhosts = ['a[1:6000]']\n[groups.b]\nhosts = ['b[1:6000]']\n") ==
        "i.toml:4:10: there are too many hosts; expected at most 10000");
  CHECK(refused("[groups.a]\nhosts = ['h']\nzone = 'x'\n[groups.b]\nhosts = ['h']\nzone = 'y'\n") ==
        "i.toml:6:1: groups 'a' and 'b' give 'h' different values of 'zone'; one value, or one in [hosts.h], is expected");
  CHECK(refused("[groups.a]\nhosts = ['h']\nvars = { p = 'x' }\n[groups.b]\nhosts = ['h']\nvars = { p = 'y' }\n") ==
        "i.toml:6:10: groups 'a' and 'b' give 'h' different values of 'vars.p'; one value, or one in [hosts.h], is expected");
}

TEST_CASE("faults: local hosts") {
  CHECK(refused("[hosts.a]\nconnection = 'local'\n") ==
        "i.toml:1:8: local host 'a' has no 'root'; the folder that plays its '/' is expected");
  CHECK(refused("[hosts.a]\nconnection = 'local'\nroot = 'x'\n") ==
        "i.toml:3:8: 'root' is 'x'; an absolute path, or one that begins with \"~/\" is expected");
  CHECK(refused("[hosts.a]\nconnection = 'local'\nroot = '/x/..'\n") == "i.toml:3:8: 'root' of 'a' is '/'; a folder below it is expected");
  CHECK(refused("[hosts.a]\nconnection = 'local'\nroot = '~/x'\n", "") ==
        "i.toml:3:8: '~' in '~/x' stands for nothing, HOME is not set; an absolute path is expected");
  CHECK(refused("[defaults]\nconnection = 'local'\n[hosts.a]\nroot = '/x'\n[hosts.b]\nroot = '/x/'\n") ==
        "i.toml:6:8: root '/x' of 'b' is that of 'a'; a folder of its own is expected for each local host");
  CHECK(refused("[defaults]\nconnection = 'local'\n[hosts.a]\nroot = '/x/y'\n[hosts.b]\nroot = '/x'\n[hosts.c]\nroot = '/x-y'\n") ==
        "i.toml:4:8: root '/x/y' of 'a' lies in that of 'b'; a folder of its own is expected for each local host");
  CHECK(refused("[defaults]\nconnection = 'local'\nroot = '/t/${host}'\nroles = ['storage']\nstorage = { port = 7500 "
                "}\n[hosts.a]\n[hosts.b]\n") ==
        "i.toml:7:8: local hosts 'a' and 'b' have the same 'storage.port' 7500; a port of its own, or none so that a free one is chosen, "
        "is expected");
  CHECK(refused("[hosts.a]\nconnection = 'local'\nroot = '/${x}'\n") ==
        "i.toml:3:8: '${x}' is not defined for host 'a'; a name in 'vars' of the inventory or 'host' is expected");
}

TEST_CASE("faults: files") {
  TemporaryFolder folder;
  const std::string file = folder / "none.toml";
  try {
    read_inventory({file}, {});
    FAIL("nothing was refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.text() == "reading the inventory: opening '" + file + "': no such file or directory");
  }
}
