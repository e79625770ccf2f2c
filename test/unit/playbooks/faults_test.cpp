// Each kind of fault in a playbook, with its whole message.
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

#include "playbooks/bind.h"

using namespace sparekeep;

namespace {

const std::string kJobName = "the name of a job (at most 63 letters, digits, '-', '_' and '.', the first a letter or digit) is expected";
const std::string kRedundancy = "{ data = K, parity = M } or { copies = N } is expected";

Inventory fleet() {
  return parse_inventory(
      {{"i.toml",
        "[groups.storage]\nhosts = ['store[1:5]']\nroles = ['storage']\n[groups.web]\nhosts = ['web1', 'web2']\nroles = ['backup']\n"
        "vars = { app = 'shop', rel = 'x' }\n"}},
      {});
}

std::string refused(const std::string& text) {
  try {
    bind_playbook(parse_playbook(text, "p.toml"), fleet());
    return "nothing";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
}

// One backup with these lines beside its name (line 3).
std::string backup(const std::string& lines) { return refused("name = 'p'\n[[backup]]\nname = 'b'\n" + lines + "\n"); }

std::string with_paths(const std::string& line) { return backup("hosts = ['web1']\npaths = ['/etc']\n" + line); }

std::string restore(const std::string& lines) { return refused("name = 'p'\n[[restore]]\nname = 'r'\nhosts = ['web1']\n" + lines + "\n"); }

}  // namespace

TEST_CASE("the playbook itself") {
  CHECK(refused("") == "p.toml:1:1: a playbook without 'name'; " + kJobName);
  CHECK(refused("name = 'a b'") == "p.toml:1:8: 'name' is 'a b'; " + kJobName);
  CHECK(refused("name = 'a/b'") == "p.toml:1:8: 'name' is 'a/b'; " + kJobName);
  CHECK(refused("nmae = 'a'") == "p.toml:1:1: unknown key 'nmae' in a playbook; did you mean 'name'?");
  CHECK(refused("name = 'p'\n[backup]\n") == "p.toml:2:1: 'backup' is a table; [[backup]] is expected");
  CHECK(refused("name = 'p'\nbackup = [1]\n") == "p.toml:2:11: an item of 'backup' is 1; [[backup]] is expected");
  CHECK(refused("name = 'p'\n[defaults.backup]\nname = 'x'\n") == "p.toml:3:8: 'name' in defaults; a name in each job is expected");
  CHECK(refused("name = 'p'\n[defaults.backup]\nretian = {}\n") == "p.toml:3:1: unknown key 'retian' in a backup; did you mean 'retain'?");
  CHECK(refused("name = 'p'\n[defaults.backups]\n") == "p.toml:2:11: unknown key 'backups' in 'defaults'; did you mean 'backup'?");
}

TEST_CASE("a backup's keys") {
  CHECK(backup("hosts = ['web1']") == "p.toml:2:1: a backup without 'paths'; a list of absolute paths, or 'commands', is expected");
  CHECK(backup("paths = ['/etc']") == "p.toml:2:1: a backup without 'hosts'; a list of hosts, groups and globs is expected");
  CHECK(backup("hosts = []") == "p.toml:4:9: 'hosts' is empty; a list of hosts, groups and globs is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['etc']") == "p.toml:5:10: an item of 'paths' is 'etc'; an absolute path is expected");
  CHECK(backup("hosts = ['web1']\npaths = '/etc'") == "p.toml:5:9: 'paths' is '/etc'; a list of absolute paths is expected");
  CHECK(with_paths("exclude = ['[a']") ==
        "p.toml:6:12: an item of 'exclude': pattern '[a' has '[' without ']' in one name; \"\\[\" is the character itself; a glob is expected");
  CHECK(with_paths("exclude = ['!/']") == "p.toml:6:12: an item of 'exclude': pattern '!/' names nothing; a glob is expected");
  CHECK(with_paths("exclude = [7]") == "p.toml:6:12: an item of 'exclude' is 7; a glob is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['/etc', '../x']") == "p.toml:5:18: an item of 'paths' is '../x'; an absolute path is expected");
  CHECK(with_paths("exclude = ['']") == "p.toml:6:12: an item of 'exclude' is ''; a glob is expected");
  CHECK(with_paths("exclude_files = ['excludes']") == "p.toml:6:18: an item of 'exclude_files' is 'excludes'; an absolute path is expected");
  CHECK(with_paths("exclude_if_present = ['a/b']") == "p.toml:6:23: an item of 'exclude_if_present' is 'a/b'; the name of a file, without '/', is expected");
  CHECK(with_paths("exclude_if_present = ['..']").starts_with("p.toml:6:23: an item of 'exclude_if_present' is '..'"));
  CHECK(with_paths("exclude_larger_than = '4 elephants'") == "p.toml:6:23: 'exclude_larger_than' is '4 elephants'; a size such as \"200 GiB\" is expected");
  CHECK(with_paths("exclude_larger_than = '0 GiB'") == "p.toml:6:23: 'exclude_larger_than' is 0; a size of at least a byte is expected");
  CHECK(with_paths("exclude = ['/etc']") ==
        "p.toml:5:10: path '/etc' is left out by 'exclude'; a pattern that fits below it is expected, or another path");
  CHECK(with_paths("exclude = ['/etc', '!/etc']") == "nothing");
  CHECK(with_paths("tags = ['a b']") ==
        "p.toml:6:9: an item of 'tags' is 'a b'; the name of a tag (at most 63 letters, digits, '-', '_' and '.', the first a letter or "
        "digit) is expected");
  CHECK(with_paths("compression = 'zstd:20'") ==
        "p.toml:6:15: 'compression' is 'zstd:20'; \"auto\", \"off\" or \"zstd:1\" to \"zstd:19\" is expected");
  CHECK(with_paths("compression = 'gzip'") ==
        "p.toml:6:15: 'compression' is 'gzip'; \"auto\", \"off\" or \"zstd:1\" to \"zstd:19\" is expected");
  CHECK(with_paths("schedule = '25:00'") ==
        "p.toml:6:12: 'schedule' is '25:00', the hour '25' is not 0 to 23; "
        "a calendar expression such as \"daily\" or \"Mon..Fri 02:00\" is expected");
  CHECK(with_paths("schedule = 5") ==
        "p.toml:6:12: 'schedule' is 5; a calendar expression such as \"daily\" or \"Mon..Fri 02:00\" is expected");
  CHECK(with_paths("retain = { last = -1 }") == "p.toml:6:19: 'last' is -1; an integer from 0 to 100000 is expected");
  CHECK(with_paths("retain = {}") == "p.toml:6:10: 'retain' keeps nothing; a number above 0 for at least one key is expected");
  CHECK(with_paths("before = [5]") ==
        "p.toml:6:11: an item of 'before' is 5; a command line or { run = \"...\", user = \"...\" } is expected");
  CHECK(with_paths("before = [\"a\\u0000b\"]") ==
        "p.toml:6:11: an item of 'before' is 'a\\x00b'; a command line or { run = \"...\", user = \"...\" } is expected");
  CHECK(with_paths("after = [{ user = 'x' }]") == "p.toml:6:10: a hook without 'run'; a command line is expected");
  CHECK(with_paths("commands = [{ run = 'x' }]").starts_with("p.toml:6:13: a command without 'name'; the name of a file "));
  CHECK(with_paths("commands = [{ name = 'a' }]") == "p.toml:6:13: a command without 'run'; a command line is expected");
  CHECK(with_paths("commands = [{ name = 'a', run = '' }]") == "p.toml:6:33: 'run' is ''; a command line is expected");
  CHECK(with_paths("before = [{ run = ' ' }]").ends_with(": 'run' is ' '; a command line is expected"));
  CHECK(with_paths("commands = [{ name = 'a/b', run = 'x' }]").starts_with("p.toml:6:22: 'name' is 'a/b'; the name of a file "));
  CHECK(with_paths("commands = [{ name = '..', run = 'x' }]").starts_with("p.toml:6:22: 'name' is '..'; "));
  CHECK(with_paths("commands = [{ name = 'a', run = 'x' },\n{ name = 'b', run = 'x' }, { name = 'a', run = 'y' }]") ==
        "p.toml:7:28: command 'a' is there already; a name of its own is expected for each command");
  CHECK(with_paths("commands = []") == "nothing");
  CHECK(backup("hosts = ['web1']\ncommands = [{ name = 'a', run = 'x' }]") == "nothing");
  CHECK(backup("hosts = ['web1']\ncommands = []").starts_with("p.toml:2:1: a backup without 'paths'"));
  CHECK(backup("hosts = ['web1']\npaths = ['/sparekeep-commands/a']\ncommands = [{ name = 'a', run = 'x' }]") ==
        "p.toml:5:10: path '/sparekeep-commands/a' is where the outputs of this job's commands lie; another path is expected");
}

TEST_CASE("privileges") {
  const std::string expected = "\"user:NAME\", \"group:NAME\" or \"host:NAME\" is expected";
  CHECK(with_paths("privileges = { restore = ['alice'] }") == "p.toml:6:27: an item of 'restore' is 'alice'; " + expected);
  CHECK(with_paths("privileges = { run = ['user:'] }") == "p.toml:6:23: an item of 'run' is 'user:'; " + expected);
  CHECK(with_paths("privileges = { write = [] }") == "p.toml:6:16: unknown key 'write' in 'privileges'; known are restore, run");
  CHECK(with_paths("privileges = { restore = ['host:web3'] }") == "p.toml:6:27: host 'web3' is not in the inventory; did you mean 'web1'?");
}

TEST_CASE("redundancy") {
  CHECK(with_paths("redundancy = 2") == "p.toml:6:14: 'redundancy' is 2; " + kRedundancy);
  CHECK(with_paths("redundancy = { data = 2 }") == "p.toml:6:14: 'redundancy' has too few or too many keys; " + kRedundancy);
  CHECK(with_paths("redundancy = { copies = 2, parity = 1 }") == "p.toml:6:14: 'redundancy' has too few or too many keys; " + kRedundancy);
  CHECK(with_paths("redundancy = { copies = 1 }") == "p.toml:6:25: 'copies' is 1; an integer from 2 to 16 is expected");
  CHECK(with_paths("redundancy = { data = 2, parity = 0 }") == "p.toml:6:35: 'parity' is 0; an integer from 1 to 32 is expected");
  CHECK(with_paths("redundancy = { data = 4, parity = 2 }") ==
        "p.toml:6:14: job 'b' wants 4 + 2, and host 'web1' has 5 other storage systems in the inventory; at least 6 are expected");
  CHECK(backup("hosts = ['store1']\npaths = ['/etc']\nredundancy = { copies = 5 }") ==
        "p.toml:6:14: job 'b' wants 5 copies, and host 'store1' has 4 other storage systems in the inventory; at least 5 are expected");
}

TEST_CASE("hosts and variables") {
  const std::string paths = "\npaths = ['/etc']";
  CHECK(backup("hosts = ['wbe1']" + paths) == "p.toml:4:10: no host or group of the inventory is 'wbe1'; did you mean 'web1'?");
  CHECK(backup("hosts = ['web1', 'banana']" + paths) ==
        "p.toml:4:18: no host or group of the inventory is 'banana'; a host, a group or a glob is expected");
  CHECK(backup("hosts = ['x*']" + paths) ==
        "p.toml:4:10: no host or group of the inventory is 'x*'; a host, a group or a glob is expected");
  CHECK(backup("hosts = ['web', '!web*']" + paths) == "p.toml:4:9: 'hosts' leaves no host; at least one host of the inventory is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['/srv/${ap}']") ==
        "p.toml:5:10: '${ap}' is not defined for host 'web1'; did you mean '${app}'?");
  CHECK(backup("hosts = ['store1']\npaths = ['/srv/${app}']") ==
        "p.toml:5:10: '${app}' is not defined for host 'store1'; a name in 'vars' of the inventory or 'host' is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['${rel}/y']") == "p.toml:5:10: an item of 'paths' is 'x/y'; an absolute path is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['$${x}']") == "p.toml:5:10: an item of 'paths' is '$${x}'; an absolute path is expected");
  CHECK(backup("hosts = ['web1']\npaths = ['/srv/../etc']") == "p.toml:5:10: path '/srv/../etc' has '..' in it; a plain path is expected");
  CHECK(with_paths("before = ['echo ${PATH}']") ==
        "p.toml:6:11: '${PATH}' is not defined for host 'web1'; a name in 'vars' of the inventory or 'host' is expected");
}

TEST_CASE("job names") {
  const std::string job = "hosts = ['web1']\npaths = ['/etc']\n";
  CHECK(refused("name = 'p'\n[[backup]]\nname = 'b'\n" + job + "[[backup]]\nname = 'b'\n" + job) ==
        "p.toml:7:8: job 'b' is there already, at p.toml:3:8; a name of its own is expected for each job");
  CHECK(refused("name = 'p'\n[[backup]]\nname = 'b'\n" + job +
                "[[restore]]\nname = 'b'\nhosts = ['web1']\nfrom = { job = 'b' }\ntarget = '/t'\n") ==
        "p.toml:7:8: job 'b' is there already, at p.toml:3:8; a name of its own is expected for each job");
  CHECK(refused("name = 'p'\n[[backup]]\nname = 'b@c'\n" + job) == "p.toml:3:8: 'name' is 'b@c'; " + kJobName);
}

TEST_CASE("restores") {
  CHECK(restore("target = '/t'") == "p.toml:2:1: a restore without 'from'; a table is expected");
  CHECK(restore("from = { host = 'x' }\ntarget = '/t'").starts_with("p.toml:5:8: 'from' without 'job'; the name of a job "));
  CHECK(restore("from = { job = 'b' }") == "p.toml:2:1: a restore without 'target'; an absolute path is expected");
  CHECK(restore("from = { job = 'b' }\ntarget = 't'") == "p.toml:6:10: 'target' is 't'; an absolute path is expected");
  CHECK(restore("from = { job = 'b' }\ntarget = '/t'\noverwrite = 'yes'") ==
        "p.toml:7:13: 'overwrite' is 'yes'; 'changed', 'always' or 'never' is expected");
  CHECK(restore("from = { job = 'b', snapshot = 'newest' }\ntarget = '/t'") ==
        "p.toml:5:32: 'snapshot' is 'newest'; 'latest', or an id or at least two digits of its beginning, is expected");
  CHECK(restore("from = { job = 'b' }\ntarget = '/t/../x'") == "p.toml:6:10: path '/t/../x' has '..' in it; a plain path is expected");
  CHECK(restore("from = { job = 'b' }\ntarget = '/t'\ninclude = ['/srv/[a-']").starts_with("p.toml:7:12: an item of 'include': pattern '/srv/[a-' has '[' without"));
  CHECK(restore("from = { job = 'r' }\ntarget = '/t'") == "p.toml:5:8: job 'r' is a restore; a backup job is expected");
  CHECK(restore("from = { job = 'b' }\ntarget = '/t'\n[[backup]]\nname = 'b'\nhosts = ['web2']\npaths = ['/etc']\n") ==
        "p.toml:5:8: job 'b' does not back up host 'web1'; 'host' with one of its hosts is expected");
}

TEST_CASE("a file that is not there") {
  TemporaryFolder folder;
  const std::string file = folder / "none.toml";
  try {
    read_playbook(file);
    FAIL("nothing was refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.text() == "reading the playbook: opening '" + file + "': no such file or directory");
  }
}

TEST_CASE("what a small playbook makes of many hosts is refused before it is made") {
  const Inventory many = parse_inventory({{"i.toml", "[groups.storage]\nhosts = ['store[1:5]']\nroles = ['storage']\n[groups.web]\nhosts = ['web[1:5000]']\n"}}, {});
  std::string text = "name = 'p'\n";
  for (int i = 0; i < 100; ++i) text += "[[backup]]\nname = 'b" + std::to_string(i) + "'\nhosts = ['web']\npaths = ['/a', '/b']\n";
  try {
    bind_playbook(parse_playbook(text, "p.toml"), many);
    FAIL("nothing was refused");
  } catch (const Error& error) {
    CHECK(error.text() == "p.toml:266:1: the jobs have too many settings together, counted for each host; expected at most 2000000");
  }
}

TEST_CASE("what variables make of a playbook is bounded") {
  std::string references, paths;
  for (int i = 0; i < 180; ++i) references += "${host}${host}${host}";
  for (int i = 0; i < 60; ++i) paths += (i > 0 ? ",\n'/" : "'/") + references + "'";
  const Inventory long_names = parse_inventory(
      {{"i.toml", "[groups.storage]\nhosts = ['store[1:5]']\nroles = ['storage']\n[groups.web]\nhosts = ['web-whose-name-is-as-long-as-a-name-may-be-[10:99]']\n"}}, {});
  CHECK_THROWS_WITH(bind_playbook(parse_playbook("name = 'p'\n[[backup]]\nname = 'b'\nhosts = ['web']\npaths = [" + paths + "]\n", "p.toml"), long_names),
                    "p.toml:5:10: the values of variables are too long where they stand; expected at most 33554432 bytes in all texts");
}
