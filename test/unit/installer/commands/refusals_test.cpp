// What is typed and would do nothing, or not what was meant: refused before anything is touched.
#include "test/support/catch.h"
#include "test/unit/installer/commands/typed.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

using Texts = std::vector<std::string>;

struct Refusing : Typed {
  Refusing() {
    put("i.toml", "[groups.storage]\nhosts = ['store[1:3]']\nroles = ['storage']\n[hosts.web1]\nroles = ['backup']\n");
    put("p.toml", "name = 'nightly'\n[[backup]]\nname = 'web'\nhosts = ['web1']\npaths = ['/srv']\n");
  }
  std::string at(const std::string& name) const { return (folder / name).string(); }
  void put(const std::string& name, const std::string& text) const { write_durably(folder / name, as_bytes(text)).value(); }

  // The message. There is no state: a command that had gone on would have said so, with exit 10.
  std::string refused(const Texts& arguments) const {
    const Ran ran = run(arguments);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(std::filesystem::exists(state));
    return ran.err;
  }
  std::string apply(Texts more) const {
    more.insert(more.begin(), {"apply", at("p.toml"), "-i", at("i.toml")});
    return refused(more);
  }
};

}  // namespace

TEST_CASE("options with a value that means nothing are refused") {
  const Refusing typed;
  for (const std::string wrong : {"x", "0", "257", "-1", "4x"}) {
    const std::string text = "error: --forks is '" + wrong + "'; an integer from 1 to 256 is expected\n";
    const std::string forks = "--forks=" + wrong;
    CHECK(typed.refused({"restore", "aa11", "--target", "/x", forks}) == text);
    CHECK(typed.refused({"run", "web", forks}) == text);
    CHECK(typed.refused({"install", "-i", typed.at("i.toml"), forks}) == text);
    CHECK(typed.refused({"uninstall", "-i", typed.at("i.toml"), forks}) == text);
    CHECK(typed.apply({forks}) == text);
  }
}

TEST_CASE("options that say nothing without another one are refused") {
  const Refusing typed;
  CHECK(typed.apply({"--exit-code"}) == "error: --exit-code without --check says nothing; both are expected\n");
  CHECK(typed.refused({"install", "-i", typed.at("i.toml"), "--exit-code"}) == "error: --exit-code without --check says nothing; both are expected\n");
}

TEST_CASE("passwords that nobody can type are refused") {
  const Refusing typed;
  for (const auto& [letter, name] : std::map<std::string, std::string>{{"-k", "ask-pass"}, {"-K", "ask-become-pass"}}) {
    const std::string text = "error: --" + name + ": nobody is there to type a password; a terminal as standard input is expected\n";
    CHECK(typed.refused({"install", "-i", typed.at("i.toml"), letter}) == text);
    CHECK(typed.refused({"uninstall", "-i", typed.at("i.toml"), letter}) == text);
    CHECK(typed.refused({"restore", "aa11", "--target", "/x", letter}) == text);
    CHECK(typed.refused({"run", "web", letter}) == text);
    CHECK(typed.apply({letter}) == text);
    CHECK(typed.run({"install", "-i", typed.at("i.toml"), letter}, true).code == 10);
  }
}

TEST_CASE("jobs and hosts that nothing fits are refused") {
  const Refusing typed;
  CHECK(typed.apply({"--job", "wbe"}) == "error: --job 'wbe' fits no job of these playbooks; did you mean 'web'?\n");
  CHECK(typed.apply({"--limit", "web9"}) == "error: --limit 'web9': no host or group of the inventory is 'web9'; did you mean 'web1'?\n");
  CHECK(typed.apply({"--limit", "web1,!all"}) == "error: --limit 'web1,!all': no host is left; a host, a group or a glob is expected\n");
  CHECK(typed.apply({"--limit", "storage"}) == "error: --limit 'storage' leaves no host of these jobs; one of web1 is expected\n");
  for (const char* command : {"install", "uninstall"})
    CHECK(typed.refused({command, "-i", typed.at("i.toml"), "--limit", "banana"}) ==
          "error: --limit 'banana': no host or group of the inventory is 'banana'; a host, a group or a glob is expected\n");
}

TEST_CASE("what is not built yet is neither in the help nor taken") {
  const Refusing typed;
  CHECK(typed.refused({"systems", "--central", "https://c:7420"}) == "error: unknown option '--central' of command 'systems'; --help lists what is known\n");
  CHECK(typed.refused({"--token-file", "t", "systems"}) == "error: unknown option '--token-file'; --help lists what is known\n");
  const std::string help = typed.run({"help"}).out;
  CHECK(help.find("--inventory FILE") != std::string::npos);
  for (const char* absent : {"--central", "--token-file"}) CHECK(help.find(absent) == std::string::npos);
}

TEST_CASE("a pattern of a restore without its end is refused") {
  const Refusing typed;
  CHECK(typed.refused({"restore", "aa11", "--target", "/x", "--include", "[a"}) ==
        "error: --include: pattern '[a' has '[' without ']' in one name; \"\\[\" is the character itself\n");
}

TEST_CASE("bad input of files is refused with its place") {
  const Refusing typed;
  typed.put("i.toml", "[hosts.web1]\naddress = '1.2.3.999'\n");
  CHECK(typed.apply({}) == "error: " + typed.at("i.toml") + ":2:11: 'address' is '1.2.3.999'; an IP address or a DNS name is expected\n");
  typed.put("i.toml", "");
  CHECK(typed.refused({"install", "-i", typed.at("i.toml")}) ==
        "error: " + typed.at("i.toml") + ":1:1: an inventory without hosts; [hosts.NAME], or a group with 'hosts', is expected\n");
}

TEST_CASE("--list-hosts says which hosts are meant, without a state") {
  const Refusing typed;
  typed.put("q.toml", "name = 'more'\n[[backup]]\nname = 'stores'\nhosts = ['store[2:3]']\npaths = ['/srv']\nredundancy = { copies = 2 }\n");
  const Texts apply{"apply", typed.at("p.toml"), typed.at("q.toml"), "-i", typed.at("i.toml"), "--list-hosts"};
  const auto listed = [&](const Texts& more) {
    Texts all = apply;
    all.insert(all.end(), more.begin(), more.end());
    const Ran ran = typed.run(all);
    CHECK(ran.code == 0);
    return ran.out;
  };
  CHECK(listed({}) == "store2\nstore3\nweb1\n");
  CHECK(listed({"--job", "web"}) == "web1\n");
  CHECK(listed({"--limit", "storage,!store2"}) == "store3\n");
  CHECK(listed({"--json"}) == "[\"store2\",\"store3\",\"web1\"]\n");
  CHECK_FALSE(std::filesystem::exists(typed.state));
}
