// This whole program knows the algorithms of OpenSSL that the command line knows, and takes chance from where that does.
// Here: whatever sshd and libssh can agree on is among them.
#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "lib/crypt/chance.h"
#include "lib/crypt/few_algorithms.h"
#include "test/support/catch.h"
#include "test/unit/installer/ssh/test_sshd.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

const bool kFew = (know_few_algorithms(), take_chance_from(system_random()), true);
constexpr Duration kLimit = std::chrono::seconds(60);

std::string shell(const std::string& folder, const std::string& script) {
  LocalHost here("here", system_clock());
  return output_of(here, {.script = "set -e\ncd " + shell_quoted(folder) + "\n" + script, .limit = kLimit}).value();
}

void log_in(const TestSshd& sshd, const std::string& identity, HostKeyCheck check = HostKeyCheck::strict) {
  SshTarget target = sshd.target();
  target.identity = identity;
  target.host_keys = check;
  KeyRing ring([](const std::string&) { return Secret(as_bytes("opening")); }, false);
  SshHost host(target, ring, {}, system_clock());
  const Result<ScriptResult> result = host.run({.script = "echo in\n", .limit = kLimit});
  INFO((result ? "" : result.error().text()));
  REQUIRE(result);
  CHECK(result->out == "in\n");
}

}  // namespace

TEST_CASE("every exchange of keys, cipher and MAC that libssh and sshd have in common") {
  const std::string ways = GENERATE(values<std::string>(
      {"KexAlgorithms curve25519-sha256", "KexAlgorithms ecdh-sha2-nistp256", "KexAlgorithms ecdh-sha2-nistp384", "KexAlgorithms ecdh-sha2-nistp521",
       "KexAlgorithms diffie-hellman-group14-sha256", "KexAlgorithms diffie-hellman-group16-sha512", "KexAlgorithms diffie-hellman-group18-sha512",
       "KexAlgorithms diffie-hellman-group-exchange-sha256", "Ciphers aes256-gcm@openssh.com", "Ciphers aes128-gcm@openssh.com",
       "Ciphers chacha20-poly1305@openssh.com", "Ciphers aes128-ctr", "Ciphers aes192-ctr", "Ciphers aes256-ctr\nMACs hmac-sha2-512-etm@openssh.com",
       "Ciphers aes256-ctr\nMACs hmac-sha2-256"}));
  INFO(ways);
  const TestSshd sshd(ways + "\n");
  log_in(sshd, sshd.key("taken"));
}

TEST_CASE("host keys of every kind") {
  const std::string kind = GENERATE(values<std::string>({"rsa", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521"}));
  INFO(kind);
  const TestSshd keys;
  shell(keys.home(), "ssh-keygen -q -t " + kind + " -N '' -f other\n");
  const TestSshd sshd("HostKey " + keys.key("other") + "\nHostKeyAlgorithms rsa-sha2-256,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521\n");
  std::filesystem::remove(sshd.known_hosts());
  log_in(sshd, sshd.key("taken"), HostKeyCheck::accept_new);
  log_in(sshd, sshd.key("taken"));
}

TEST_CASE("keys of every kind in every form, with a passphrase and without") {
  const std::string kind = GENERATE(values<std::string>({"rsa", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "ed25519"}));
  const std::string form = GENERATE(values<std::string>({"RFC4716", "PEM", "PKCS8"}));
  if (kind == "ed25519" && form != "RFC4716") return;    // ssh-keygen has but one form for it
  const std::string passphrase = GENERATE(values<std::string>({"", "opening"}));
  INFO(kind << ", " << form << ", passphrase " << passphrase);
  const TestSshd sshd;
  shell(sshd.home(), "ssh-keygen -q -t " + kind + " -m " + form + " -N '" + passphrase + "' -f mine\ncat mine.pub >> authorized_keys\n");
  log_in(sshd, sshd.key("mine"));
}
