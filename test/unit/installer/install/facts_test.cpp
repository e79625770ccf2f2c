#include "installer/install/facts.h"

#include <unistd.h>

#include <fstream>

#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/host/host_facts.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

const std::string kDigest(64, 'b');

HostFacts facts_of(const Host& host) {
  LocalHost access(host.name, system_clock());
  return parse_facts(host, output_of(access, {.script = facts_script(host), .limit = std::chrono::seconds(60)}).value()).value();
}

Host host_below(const Path& root) {
  Host host;
  host.name = "web1";
  host.root = root;
  host.connection = Connection::local;
  return host;
}

void write(const Path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// In an order of their own; without what changes from one moment to the next.
std::set<std::string> steady_lines(const std::string& document) {
  std::set<std::string> lines;
  for (const std::string& line : split_text(document, '\n'))
    if (!line.starts_with("now ") && !line.starts_with("free ")) lines.insert(line);
  return lines;
}

}  // namespace

TEST_CASE("a document of facts") {
  Host host;
  const HostFacts facts = parse_facts(host, "uid 1000\narch x86_64\nnow 1763851300\nglibc 2.36\ninit systemd\nreadonly /etc/sparekeep\n"
                                      "free /usr/lib/sparekeep 2048 500 30\nfree /etc/sparekeep 2048 - -\nfree /var 1 0 0\n"
                                      "fixed ./etc/x y\nfixed ./srv/s/.\ntaken 12 a name\n"
                                      "path f 640 root:root:0 1763851234.0000000050 ./etc/x|\npath l 777 root:root:0 1763851234.0000000050 ./etc/y|/dev/null\n"
                                      "path f 644 a:a:7 1763851235.5000000000 ./run/sparekeepd/sparekeepd.pid|\n"
                                      "path l 777 root:root:0 1763851234.0000000050 ./srv/s|/data\npath d 700 b:b:8 1763851234.0000000050 ./srv/s/.|\n"
                                      "nokey ./var/x.key\nleft ./etc/x.new\n" +
                                      kDigest + "  /etc/machine-id\n" + kDigest + "  ./etc/x\n"
                                      "text ./etc/sparekeep/daemon.toml\n|[listen]\n|port = 7421\nmarker 0f\nstored\nprocess sparekeepd 42 replaced\n"
                                      "user sparekeepd 998 997 /a home|/bin/sh\ngroups sparekeepd sparekeepd docker\npassword sparekeepd\n"
                                      "MainPID=42\nId=sparekeepd.service\nActiveState=active\nDropInPaths=/a /b\nsets User /a\nsets User /a\n"
                                      "NeedDaemonReload=yes\n\nId=x.socket\nLoadState=error\nActiveState=failed\nend\n")
                              .value();
  CHECK(facts.uid == 1000);
  CHECK(facts.now == Time{1'763'851'300'000'000'000});
  CHECK(facts.glibc == "2.36");
  CHECK(facts.init == "systemd");
  CHECK(facts.read_only == std::set<std::string>{"/etc/sparekeep"});
  CHECK(facts.free_bytes.at("/usr/lib/sparekeep") == 2 << 20);
  CHECK(facts.free_inodes == std::map<std::string, uint64_t>{{"/usr/lib/sparekeep", 30}});
  CHECK(facts.fixed == std::set<std::string>{"/etc/x y", "/srv/s"});
  REQUIRE(facts.port_taker.has_value());
  CHECK(facts.port_taker->pid == 12);
  CHECK(facts.port_taker->program == "a name");
  CHECK(facts.machine.hex() == kDigest.substr(0, 32));
  CHECK(facts.files.at("/etc/x").mode == 0640);
  CHECK(facts.files.at("/etc/x").owner == "root:root");
  CHECK(facts.files.at("/etc/x").changed_nanoseconds == 1'763'851'234'000'000'005);
  CHECK(facts.files.at("/etc/x").digest.hex() == kDigest);
  CHECK(facts.files.at("/srv/s").type == 'd');
  CHECK(facts.files.at("/srv/s").owner == "b:b");
  CHECK(facts.leftovers == std::set<std::string>{"/etc/x.new"});
  CHECK(facts.lost_keys == std::set<std::string>{"/var/x.key"});
  CHECK(facts.files.at("/etc/y").target == "/dev/null");
  CHECK(facts.has_marker);
  CHECK(facts.marker == "0f");
  CHECK(facts.has_stored);
  CHECK(facts.processes.at("sparekeepd").pid == 42);
  CHECK(facts.processes.at("sparekeepd").replaced);
  CHECK(facts.processes.at("sparekeepd").since_nanoseconds == 1'763'851'235'500'000'000);
  const UserFact& user = facts.users.at("sparekeepd");
  CHECK(user.uid == 998);
  CHECK(user.gid == 997);
  CHECK(user.home == "/a home");
  CHECK(user.shell == "/bin/sh");
  CHECK(user.groups == std::vector<std::string>{"sparekeepd", "docker"});
  CHECK(user.has_password);
  CHECK(facts.files.at("/srv/s").uid == std::optional<unsigned>(8));
  CHECK(facts.units.at("sparekeepd.service").stale);
  REQUIRE(facts.units.at("sparekeepd.service").drop_ins.size() == 1);
  CHECK(facts.units.at("sparekeepd.service").drop_ins[0].file == "/a");
  CHECK(facts.units.at("sparekeepd.service").drop_ins[0].setting == "User");
  CHECK(facts.units.at("sparekeepd.service").load.empty());
  CHECK(facts.units.at("x.socket").load == "error");
  CHECK(facts.units.at("x.socket").state == "failed");
  CHECK(facts.daemon_port() == std::optional<uint16_t>(7421));
  CHECK(!facts.host_id());
}

TEST_CASE("what is no document of facts is refused") {
  const Host host;
  CHECK(parse_facts(host, "uid 0\n").error().text() == "the facts about a host do not end with 'end'");
  const std::vector<std::string> lines{"uid x", "uid", "path f 640 root:root:0 12 ./etc/x|", "path f 9 root:root:0 1.0000000000 ./etc/x|", "|a line of no text",
                                       "process sparekeepd x current", "hello", "free /x y 1 2", "free /x 1", "taken x y", "taken 1", "sets x",
                                       "now -1", "now 9223372036854775807", "free /x 18446744073709551615 1 2",
                                       "path f 644 a:b:0 -9223372036854775808.0000000000 /x|", "path f 644 a:b:0 9223372036854775807.0000000000 /x|",
                                       "path f 644 a:b:0 1.-234567890 /x|",
                                       "stamp x /p", "stamp " + std::string(129, '1') + " /p", "user x 1 2 /home", "user x 1 y /home|/bin/sh", "groups x y", "password x",
                                       "path f 640 a:b 1.0000000000 ./etc/x|", std::string(64, 'z') + "  ./etc/x"};
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(parse_facts(host, line + "\nend\n").error().text() == "no fact about a host: '" + line + "'");
  }
}

TEST_CASE("a host that tells without end is refused, before what it tells takes long") {
  const Host host;
  std::string document, text = "text ./etc/" + std::string(1 << 20, 'x') + "\n";
  for (int i = 0; i < 300'000; ++i) document += "sets a " + std::to_string(i) + "\n", text += "|\n";
  CHECK(parse_facts(host, document + "end\n").error().text() ==
        "it tells more than 2048 facts about itself; expected some hundred; look for very long drop-ins of its sparekeep units and for many folders in "
        "/usr/lib/sparekeep/releases");
  CHECK(parse_facts(host, text + "end\n").value().texts.begin()->second.size() == 300'000);     // 1 MiB of a name for each line would take minutes
}

TEST_CASE("a folder that is not there yet, and one with files") {
  const TemporaryFolder folder;
  const Host host = host_below(folder / "it's a root");
  HostFacts facts = facts_of(host);
  CHECK(facts.files.empty());
  CHECK(facts.free_bytes.at("/usr/lib/sparekeep") > 0);
  CHECK(!std::filesystem::exists(host.root));
  const MachineId machine = facts.machine;

  write(Path(host.root) / "etc/sparekeep/host-id", std::string(32, 'c') + "\n");
  write(Path(host.root) / "etc/sparekeep/agent.toml", "host = \"web1\"\n");
  write(Path(host.root) / "srv/sparekeep/.sparekeep-storage", "x");
  facts = facts_of(host);
  CHECK(facts.host_id().value().hex() == std::string(32, 'c'));
  CHECK(facts.machine == machine);
  CHECK(facts.texts.at("/etc/sparekeep/agent.toml") == "host = \"web1\"\n");
  CHECK(facts.files.at("/etc/sparekeep/agent.toml").digest == sha256(as_bytes("host = \"web1\"\n")));
  CHECK(facts.has_marker);
  CHECK(!facts.has_stored);
}

TEST_CASE("what a cut off write of the marker has left in the folder of shards is nobody else's") {
  const TemporaryFolder folder;
  const Host host = host_below(folder.path());
  write(folder / "srv/sparekeep/.sk-1-0", "x"), write(folder / "srv/sparekeep/lost+found/x", "x");
  CHECK(!facts_of(host).has_strangers);
  SECTION("a hidden file") { write(folder / "srv/sparekeep/.x", "x"); }
  SECTION("a file") { write(folder / "srv/sparekeep/x", "x"); }
  CHECK(facts_of(host).has_strangers);
}

TEST_CASE("releases side by side, and which of them is current") {
  const TemporaryFolder folder;
  for (const std::string release : {"0.1.0-a", "0.1.0-b"}) write(folder / "usr/lib/sparekeep/releases" / release / "sparekeepd", release);
  std::filesystem::create_symlink("releases/0.1.0-a", folder / "usr/lib/sparekeep/current");
  std::filesystem::create_symlink("/etc", folder / "usr/lib/sparekeep/previous");
  LocalHost access("web1", system_clock());
  const Host host = host_below(folder.path());
  const HostFacts facts = parse_facts(host, output_of(access, {.script = facts_script(host, {.release = "0.1.0-b"}), .limit = std::chrono::seconds(60)}).value()).value();
  CHECK(facts.current_release() == "0.1.0-a");
  CHECK(facts.previous_release().empty());
  CHECK(facts.files.at("/usr/lib/sparekeep/releases/0.1.0-a").type == 'd');
  CHECK(facts.files.at("/usr/lib/sparekeep/releases/0.1.0-b/sparekeepd").digest == sha256(as_bytes("0.1.0-b")));
  CHECK(!facts.files.contains("/usr/lib/sparekeep/releases/0.1.0-a/sparekeepd"));
}

// A host of the usual kind, as its script of facts and a program of its release tell it: the latter fails there, so that the script tells all, and
// has left the words that it was asked with.
TEST_CASE("a program of the release tells the same as the script") {
  TemporaryFolder folder;
  const Host host = host_below(folder / "root");
  const Path root = host.root, program = root / "usr/lib/sparekeep/releases/0.1.0-b/sparekeepd";
  write(program, "#!/bin/sh\nshift 3\nprintf '%s\\n' \"$@\" > " + (folder / "words").native() + "\nexit 1\n" + std::string(100'000, '#'));
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  std::filesystem::create_symlink("releases/0.1.0-b", root / "usr/lib/sparekeep/current");
  write(root / "etc/sparekeep/host-id", std::string(32, 'c') + "\n");
  write(root / "etc/sparekeep/daemon.toml", "a = \"\\n\"\n\n[listen]\nport = 7421\nlast = 1");
  write(root / "srv/sparekeep/.sparekeep-storage", std::string(32, 'c') + "\n");
  write(root / "var/lib/sparekeep/daemon/index.db", "x"), write(root / "var/lib/sparekeep/agent/recipient.key", "short");
  write(root / "run/sparekeepd.pid", std::to_string(::getpid()) + "\n");
  LocalHost access(host.name, system_clock());
  const std::string by_script = output_of(access, {.script = facts_script(host, {.release = "0.1.0-b"}), .limit = std::chrono::seconds(60)}).value();
  std::vector<std::string> words = split_text(read_text(folder / "words", 1 << 20).value(), '\n');
  words.pop_back();
  const std::optional<FactsQuestion> question = facts_question(host.root, words);
  REQUIRE(question);
  const std::optional<std::string> by_program = facts_document(*question, system_clock().now());
  REQUIRE(by_program);
  CHECK(steady_lines(*by_program) == steady_lines(by_script));
  CHECK(steady_lines(by_script).size() > 20);
  CHECK(by_program->find("\nstamp ") == std::string::npos);           // it was written just now
  CHECK(facts_document(*question, system_clock().now() + std::chrono::seconds(9))->find("\nstamp ") != std::string::npos);
}

TEST_CASE("asked alone, the program tells or what comes is no document; the script asks no program") {
  TemporaryFolder folder;
  const Host host = host_below(folder / "root");
  const Path program = Path(host.root) / "usr/lib/sparekeep/releases/0.1.0-b/sparekeepd";
  LocalHost access(host.name, system_clock());
  const auto told = [&](FactsTeller by) {
    return output_of(access, {.script = facts_script(host, {.release = "0.1.0-b", .by = by}), .limit = std::chrono::seconds(60)}).value();
  };
  CHECK(told(FactsTeller::program).empty());
  CHECK_FALSE(parse_facts(host, told(FactsTeller::program)));
  write(program, "#!/bin/sh\nprintf 'uid 7\\nend\\n'\n");
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  CHECK(told(FactsTeller::program) == "told /usr/lib/sparekeep/releases/0.1.0-b/sparekeepd\nuid 7\nend\n");
  CHECK(told(FactsTeller::any) == told(FactsTeller::program));
  CHECK(parse_facts(host, told(FactsTeller::script))->told_by.empty());
  CHECK(facts_script(host, {.release = "0.1.0-b", .by = FactsTeller::program}).size() * 3 < facts_script(host, {.release = "0.1.0-b"}).size());
}

TEST_CASE("what a service has made very large is not read whole, by the script nor by a program") {
  TemporaryFolder folder;
  const Host host = host_below(folder / "root");
  const Path root = host.root, program = root / "usr/lib/sparekeep/releases/0.1.0-b/sparekeepd";
  write(program, "#!/bin/sh\nshift 3\nprintf '%s\\n' \"$@\" > " + (folder / "words").native() + "\nexit 1\n");
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  write(root / "etc/sparekeep/host-id", std::string(32, 'c') + "\n");
  write(root / "etc/sparekeep/agent.toml", std::string(100'000, '#') + "\n");
  const std::string large[] = {"var/lib/sparekeep/daemon/tls.crt", "run/sparekeepd.pid", "srv/sparekeep/.sparekeep-storage"};
  for (const std::string& file : large) write(root / file, ""), std::filesystem::resize_file(root / file, 900ull << 30);
  write(root / "var/lib/sparekeep/agent/tls.crt", std::string(200'000, 'x'));
  LocalHost access(host.name, system_clock());
  const ScriptRun script{.script = facts_script(host, {.release = "0.1.0-b"}), .limit = std::chrono::seconds(60)};
  const Result<HostFacts> facts = parse_facts(host, output_of(access, script).value());
  REQUIRE(facts);
  CHECK(facts->host_id());
  CHECK(facts->texts.contains("/etc/sparekeep/agent.toml"));
  for (const std::string path : {"/var/lib/sparekeep/daemon/tls.crt", "/var/lib/sparekeep/agent/tls.crt"}) CHECK_FALSE(facts->texts.contains(path));
  CHECK(facts->files.at("/var/lib/sparekeep/daemon/tls.crt").digest == Digest());
  CHECK(facts->files.at("/var/lib/sparekeep/agent/tls.crt").digest == sha256(as_bytes(std::string(200'000, 'x'))));
  CHECK(facts->marker == "none");
  std::vector<std::string> words = split_text(read_text(folder / "words", 1 << 20).value(), '\n');
  words.pop_back();
  const std::optional<FactsQuestion> question = facts_question(host.root, words);
  REQUIRE(question);
  CHECK_FALSE(facts_document(*question, system_clock().now()));      // the script has to tell
}

// A service owns the folder that the link lies in, and so chooses where it leads; root's links are told as they are.
TEST_CASE("where a link of a service leads adds no fact") {
  const TemporaryFolder folder;
  const Host host = host_below(folder / "root");
  const Path root = host.root, program = root / "usr/lib/sparekeep/releases/0.1.0-b/sparekeepd", words_file = folder / "words";
  write(program, "#!/bin/sh\nshift 3\nprintf '%s\\n' \"$@\" > " + words_file.native() + "\nexit 1\n");
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  std::filesystem::create_symlink("releases/0.1.0-b", root / "usr/lib/sparekeep/current");
  const std::string hostile = "x\nleft ./etc/sparekeep/host-id.new\nstored\npath f 644 root:root:0 1763851234.0000000050 ./etc/sparekeep/daemon.toml|";
  const std::string link = GENERATE("var/lib/sparekeep/daemon/tls.crt", "var/lib/sparekeep/daemon/tls.key", "var/lib/sparekeep/agent/tls.crt",
                                    "var/lib/sparekeep/agent/tls.key", "var/lib/sparekeep/agent/recipient.key", "run/sparekeepd.pid", "run/sparekeep-agent.pid",
                                    "srv/sparekeep", "usr/lib/sparekeep/previous");
  std::filesystem::create_directories((root / link).parent_path());
  std::filesystem::create_symlink(hostile, root / link);
  LocalHost access(host.name, system_clock());
  const std::string by_script = output_of(access, {.script = facts_script(host, {.release = "0.1.0-b"}), .limit = std::chrono::seconds(60)}).value();
  std::vector<std::string> words = split_text(read_text(words_file, 1 << 20).value(), '\n');
  words.pop_back();
  const std::optional<FactsQuestion> question = facts_question(host.root, words);
  for (const std::string& document : {by_script, facts_document(question.value(), system_clock().now()).value()}) {
    INFO(link << "\n" << document);
    const HostFacts facts = parse_facts(host, document).value();
    CHECK(facts.leftovers.empty());
    CHECK(!facts.has_stored);
    CHECK(!facts.files.contains("/etc/sparekeep/daemon.toml"));
    CHECK(facts.current_release() == "0.1.0-b");
    REQUIRE(facts.files.contains("/" + link));
    CHECK(facts.files.at("/" + link).type == 'l');
    CHECK(facts.files.at("/" + link).target.empty());
  }
}

TEST_CASE("a pid file that names a stranger is no process of ours") {
  const TemporaryFolder folder;
  write(folder / "run/sparekeepd.pid", std::to_string(::getpid()) + "\n");
  write(folder / "run/sparekeep-agent.pid", "999999999\n");
  CHECK(facts_of(host_below(folder.path())).processes.empty());
}

// As a user that may not read the first one; systemd itself is not at hand here.
TEST_CASE("a drop-in that cannot be read does not end the script") {
  TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
  Host host = host_below(folder / "root");
  host.connection = Connection::ssh;
  const std::string closed = folder / "closed.conf", open = folder / "open.conf";
  write(closed, "User=x\n"), write(open, "ExecStart=/bin/true\n"), write(folder / "comm", "systemd\n");
  std::filesystem::permissions(closed, std::filesystem::perms::none);
  const std::string beside = closed + " " + (folder / "gone.conf").native() + " " + open;
  std::string script = "systemctl() { echo Id=sparekeepd.service; echo 'DropInPaths=" + beside + "'; }\n" + facts_script(host);
  script.replace(script.find("/proc/1/comm"), 12, folder / "comm");
  const std::string shell = ::geteuid() == 0 ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c " : "exec sh -c ";
  LocalHost access(host.name, system_clock());
  const std::string said = output_of(access, {.script = shell + shell_quoted(script) + "\n", .limit = std::chrono::seconds(60)}).value();
  CHECK(said.ends_with("sets ExecStart " + open + "\nend\n"));
}
