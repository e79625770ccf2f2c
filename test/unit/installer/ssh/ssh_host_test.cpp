// Against a real sshd: scripts and their dialogue, host keys, logins that fail, hosts that hang, flood or talk too much.
#include <fstream>
#include <map>

#include "lib/base/text.h"
#include "lib/net/endpoint.h"
#include "test/support/catch.h"
#include "test/unit/installer/ssh/test_sshd.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::seconds(30);

struct World {
  explicit World(const std::string& more = "") : sshd(more) {}
  Result<ScriptResult> run(const SshTarget& target, const ScriptRun& script) {
    SshHost host(target, ring, {}, system_clock());
    return host.run(script);
  }
  Result<ScriptResult> run(const std::string& script) { return run(sshd.target(), {.script = script, .limit = kLimit}); }

  TestSshd sshd;
  KeyRing ring{AskSecret(), false};
};

std::string refusal(const Result<ScriptResult>& result) {
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::unreachable);
  return result.error().text();
}

}  // namespace

TEST_CASE("a script's streams and exit code, its input and the answer to its question") {
  World world;
  const Result<ScriptResult> result = world.run("echo out; echo err >&2; exit 3\n");
  REQUIRE(result);
  CHECK(result->out == "out\n");
  CHECK(result->err == "err\n");
  CHECK(result->exit_code == 3);

  const Bytes bundle(5 << 20, 'x');
  ScriptRun run{.script = "head -c 5242880 | sha256sum; echo me; echo ask; read -r word; echo got $word\n", .limit = kLimit, .input = {bundle}};
  run.answer = [](const std::string& out) { return Result<std::string>(out.ends_with("me\n") ? "yes\n" : "no\n"); };
  const Result<ScriptResult> talk = world.run(world.sshd.target(), run);
  REQUIRE(talk);
  CHECK(talk->out.ends_with("me\nask\ngot yes\n"));

  run.answer = [](const std::string&) { return Result<std::string>(Error(ErrorKind::failed, "not you")); };
  CHECK(world.run(world.sshd.target(), run).error().text() == "not you");
}

TEST_CASE("a script is the same script whether it stands in the command or is too long for that") {
  World world;
  const std::string script = "printf '\\150i\\n'; echo \"100% !\" 'it'\\''s'\ncat <<'END'\nhere \\n \\0101 \xc3\xa9 !\nEND\nexit 3\n";
  const std::string out = "hi\n100% ! it's\nhere \\n \\0101 \xc3\xa9 !\n";
  for (const std::string& text : {script, "# " + std::string(40'000, 'x') + "\n" + script}) {
    const Result<ScriptResult> result = world.run(text);
    REQUIRE(result);
    CHECK(result->out == out);
    CHECK(result->exit_code == 3);
  }
}

TEST_CASE("one connection carries several scripts, and says where the central is") {
  World world;
  SshHost host(world.sshd.target(), world.ring, {}, system_clock());
  for (int i = 0; i < 3; ++i) CHECK(host.run({.script = "echo $SSH_CONNECTION\n", .limit = kLimit})->out.starts_with("127.0.0.1 "));
  CHECK(host.central_address().value() == "127.0.0.1");
}

TEST_CASE("a host key that is not known, and one that is another than before") {
  World world;
  const std::string old = world.sshd.fingerprint();
  std::filesystem::remove(world.sshd.known_hosts());
  CHECK(refusal(world.run("true\n")).starts_with("its host key ssh-ed25519 " + old + " is not known; "));
  SshTarget trusting = world.sshd.target();
  trusting.host_keys = HostKeyCheck::accept_new;
  CHECK(world.run(trusting, {.script = "true\n", .limit = kLimit}).has_value());
  CHECK(world.run("true\n").has_value());

  world.sshd.change_host_key();
  const std::string where = "[127.0.0.1]:" + std::to_string(world.sshd.port());
  CHECK(refusal(world.run(trusting, {.script = "true\n", .limit = kLimit})) ==
        "its host key is another one than before: known is ssh-ed25519 " + old + " (" + world.sshd.known_hosts().native() + ":1), it shows ssh-ed25519 " +
            world.sshd.fingerprint() + "; if the host was made anew, remove the old line by ssh-keygen -f '" + world.sshd.known_hosts().native() +
            "' -R '" + where + "'");
}

TEST_CASE("StrictHostKeyChecking of ~/.ssh/config does not lie over host_keys of the inventory") {
  World world;
  const std::string old = world.sshd.fingerprint();
  std::ofstream(Path(world.sshd.home()) / ".ssh/config") << "Host *\n  StrictHostKeyChecking no\n";
  SECTION("another key than before") {
    world.sshd.change_host_key();
    SshTarget trusting = world.sshd.target();
    trusting.host_keys = HostKeyCheck::accept_new;
    for (const SshTarget& target : {world.sshd.target(), trusting})
      CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).starts_with("its host key is another one than before: known is ssh-ed25519 " + old));
  }
  SECTION("a key that nobody knows") {
    std::filesystem::remove(world.sshd.known_hosts());
    CHECK(refusal(world.run("true\n")).starts_with("its host key ssh-ed25519 " + old + " is not known; "));
  }
}

TEST_CASE("a host key that known_hosts revokes is not taken, known or not") {
  World world;
  std::string line;
  std::getline(std::ifstream(world.sshd.known_hosts()), line);
  const std::string key = line.substr(line.find(' ')), place = line.substr(0, line.find(' '));
  SshTarget trusting = world.sshd.target();
  trusting.host_keys = HostKeyCheck::accept_new;
  const auto write = [&](const std::string& text) { std::ofstream(world.sshd.known_hosts()) << text; };
  const auto run = [&](const SshTarget& target) {          // each is a command of its own, which reads the file once
    KeyRing ring{AskSecret(), false};
    return SshHost(target, ring, {}, system_clock()).run({.script = "true\n", .limit = kLimit});
  };
  for (const std::string& patterns : {std::string("web1"), std::string("other,127.0.0.*"), place, std::string("*")}) {
    write(line + "\n@revoked " + patterns + key + "\n");
    CHECK(refusal(run(trusting)) ==
          "its host key ssh-ed25519 " + world.sshd.fingerprint() + " is revoked (" + world.sshd.known_hosts().native() +
              ":2): whoever has it may be another machine; give the host a new key, or remove that line where it is wrong");
    write("  @revoked\t" + patterns + key + "\n");
    CHECK(refusal(run(trusting)).find(" is revoked (") != std::string::npos);
  }
  write(line + "\n@revoked elsewhere" + key + "\n");
  CHECK(run(world.sshd.target()).has_value());
}

TEST_CASE("what ~/.ssh/config sets and is not heeded is named where a login fails") {
  World world;
  const std::string config = world.sshd.home() + "/.ssh/config";
  std::ofstream(config) << "# HostKeyAlias no\nHost *\n  UserKnownHostsFile " << world.sshd.known_hosts().native()
                        << "\n  hostkeyalias web\n\tKnownHostsCommand=/bin/true\nCertificateFile = /x\n";
  SshTarget target = world.sshd.target();
  target.identity = world.sshd.key("refused");
  CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).ends_with("for a password; " + config + ":6 sets CertificateFile, which is not heeded here"));
  std::filesystem::remove(world.sshd.known_hosts());
  CHECK(refusal(world.run("true\n"))
            .ends_with("set host_keys = \"accept-new\"; " + config + ":4 sets hostkeyalias and " + config + ":5 sets KnownHostsCommand, which is not heeded here"));
}

TEST_CASE("keys that are refused, missing, or have a passphrase") {
  World world;
  SshTarget target = world.sshd.target();
  target.identity = world.sshd.key("refused");
  CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})) ==
        "it refuses '" + *target.user + "' with the key '" + target.identity +
            "'; it takes keys; add the key to the user's authorized_keys, set identity or user, or give -k for a password");
  target.identity = world.sshd.key("none");
  CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})) == "the key '" + target.identity + "' is not there; set identity");
  target.identity = world.sshd.key("locked");
  CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).starts_with("the key '" + target.identity + "' needs its passphrase; "));

  int asked = 0;
  KeyRing ring([&](const std::string& question) {
    CHECK(question == "passphrase of the key '" + target.identity + "': ");
    ++asked;
    return Secret(as_bytes("open"));
  }, false);
  for (int i = 0; i < 2; ++i) {
    SshHost host(target, ring, {}, system_clock());
    CHECK(host.run({.script = "true\n", .limit = kLimit}).has_value());
  }
  CHECK(asked == 1);
}

TEST_CASE("a password that nobody typed is not sent anywhere") {
  World world;
  SshTarget target = world.sshd.target();
  SshHost become(target, world.ring, {.wanted = true, .password = [] { return Secret(); }}, system_clock());
  CHECK(become.run({.script = "true\n", .limit = kLimit}).error().text() == "no password for sudo was typed; run the command again and type it");
  KeyRing ring([](const std::string&) { return Secret(); }, true);
  target.identity = world.sshd.key("refused");
  SshHost host(target, ring, {}, system_clock());
  CHECK(refusal(host.run({.script = "true\n", .limit = kLimit})) == "no password to log in with was typed, and no key is taken; run the command again and type it");
}

TEST_CASE("-v says where and by which key a login was, -vv its stages") {
  World world;
  std::filesystem::copy(world.sshd.key("refused"), Path(world.sshd.home()) / ".ssh/id_ecdsa");
  std::filesystem::copy(world.sshd.key("taken"), Path(world.sshd.home()) / ".ssh/id_rsa");
  std::map<int, std::vector<std::string>> said;
  KeyRing ring(AskSecret(), false, {.tell = [&](int level, const std::string& text) { said[level].push_back(text); }});
  SshTarget target = world.sshd.target();
  std::string key = target.identity;
  SECTION("the inventory's") {}
  SECTION("one of ~/.ssh") { target.identity.clear(), key = world.sshd.home() + "/.ssh/id_rsa"; }
  SshHost host(target, ring, {}, system_clock());
  REQUIRE(host.run({.script = "echo out\n", .limit = kLimit}).has_value());
  REQUIRE(said[1].size() == 1);
  const std::string where = *target.user + "@127.0.0.1:" + std::to_string(*target.port);
  CHECK(said[1][0].starts_with("web1: " + where + " by the key '" + key + "', host key ssh-ed25519 " + world.sshd.fingerprint() + "; connection and key exchange "));
  REQUIRE(said[2].size() == 2);
  CHECK(said[2][0].starts_with("web1: connected to " + where + ", keys are exchanged with ssh-ed25519 SHA256:"));
  CHECK(said[2][1].starts_with("web1: a script ran for "));
}

TEST_CASE("~/.ssh/config says what the inventory does not") {
  World world;
  std::ofstream(Path(world.sshd.home()) / ".ssh/config") << "Host web*\n  HostName 127.0.0.1\n  Port " << world.sshd.port() << "\n  User " << *world.sshd.target().user
                                                         << "\n  IdentityFile " << world.sshd.key("taken") << "\n";
  const SshTarget target{.name = "web1", .home = world.sshd.home()};
  CHECK(world.run(target, {.script = "true\n", .limit = kLimit}).has_value());
}

TEST_CASE("the cipher is one that processors have instructions for, unless ~/.ssh/config or the host say otherwise") {
  World fast("Ciphers aes256-gcm@openssh.com\n"), slow("Ciphers chacha20-poly1305@openssh.com\n");
  const ScriptRun script{.script = "true\n", .limit = kLimit};
  CHECK(fast.run(fast.sshd.target(), script).has_value());
  CHECK(slow.run(slow.sshd.target(), script).has_value());
  std::ofstream(Path(fast.sshd.home()) / ".ssh/config") << "Host *\n  Ciphers aes128-ctr\n";
  CHECK(refusal(fast.run(fast.sshd.target(), script)).find("aes128-ctr") != std::string::npos);
}

TEST_CASE("keys are exchanged anew while a script talks, whatever the login was by") {
  World world("RekeyLimit 64K\n");
  SshTarget target = world.sshd.target();
  std::filesystem::copy(target.identity, Path(world.sshd.home()) / ".ssh/id_ed25519");
  for (const std::string& identity : {std::string(), target.identity}) {
    target.identity = identity;
    const std::string script = "for i in 1 2 3 4 5 6 7 8; do yes | head -c 100000; sleep 0.05; done\n";
    const Result<ScriptResult> result = world.run(target, {.script = script, .limit = kLimit});
    REQUIRE(result);
    CHECK(result->out.size() == 800'000);
  }
}

TEST_CASE("a banner and talkative login scripts are not the script's output") {
  World world("Banner /etc/passwd\nForceCommand echo welcome; echo ask; eval \"$SSH_ORIGINAL_COMMAND\"\n");
  CHECK(world.run("echo out\n")->out == "out\n");
}

TEST_CASE("what a host says instead of running anything is told") {
  SECTION("and it ends") {
    World world("ForceCommand echo; echo 'This account is locked.'\n");
    CHECK(world.run("true\n").error().text() == "no shell runs there: This account is locked");
  }
  SECTION("and it hangs") {
    World world("ForceCommand echo 'Change your password now:'; sleep 60\n");
    CHECK(refusal(world.run("true\n")).starts_with("no answer within 10.0 s (no shell began after the login); it says 'Change your password now:'; log in by hand "));
  }
  SECTION("before it refuses the login") {
    World world("Banner /etc/hostname\n");
    SshTarget target = world.sshd.target();
    target.identity = world.sshd.key("refused");
    std::ifstream file("/etc/hostname");
    std::string name;
    std::getline(file, name);
    CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).ends_with("or give -k for a password; it says '" + name + "'"));
  }
  SECTION("and hangs up in the middle of the login") {
    World world("MaxAuthTries 1\n");
    SshTarget target = world.sshd.target();
    target.identity.clear();
    for (const char* name : {"id_ed25519", "id_rsa"}) std::filesystem::copy(world.sshd.key("refused"), Path(world.sshd.home()) / ".ssh" / name);
    CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).find("Too many authentication failures") != std::string::npos);
  }
}

TEST_CASE("a host that floods, one that hangs after the login, one that says nothing at all") {
  SECTION("floods") {
    World world("ForceCommand yes\n");
    const Result<ScriptResult> result = world.run("true\n");
    REQUIRE(!result);
    CHECK(result.error().text() == "it wrote more than 4.0 MiB to its standard output; look at its login scripts");
  }
  SECTION("hangs") {
    World world("ForceCommand sleep 60\n");
    CHECK(refusal(world.run("true\n")) == "no answer within 10.0 s (no shell began after the login); log in by hand and see what its login scripts, sshd's "
                                           "ForceCommand or PAM wait for");
  }
  SECTION("says nothing") {
    World world;
    const DumbListener listener;
    SshTarget target = world.sshd.target();
    target.port = listener.port();
    CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})).starts_with("no answer within 10.0 s (key exchange)"));
    target.port = free_port().value();
    CHECK(refusal(world.run(target, {.script = "true\n", .limit = kLimit})) ==
          "127.0.0.1:" + std::to_string(*target.port) + " refused the connection; does sshd run there?");
  }
}
