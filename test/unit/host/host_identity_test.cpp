// Private keys that are of no use any more: found, and replaced when the host says who it is.
#include "lib/host/host_identity.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

struct Host {
  Host() {
    make_tls_key_file(state, random);
    make_recipient_key(state, random);
    certify();
  }
  void certify() {
    const Identity identity{id, {Role::agent}};
    const std::string pem = authority.issue(make_host_request(state, id), identity, "web1", now, std::chrono::hours(24), random).value();
    write_durably(state / kTlsCertificateName, as_bytes(pem)).value();
  }
  std::string unusable() const {                            // without the line of a recipient key that is good
    const Result<Bytes> key = read_file(state / kRecipientKeyName, 1000);
    const std::string text = unusable_keys(paths, state), line = key && key->size() == 32 ? "recipient " + read_recipient_key(state).recipient().hex() + "\n" : "";
    REQUIRE(text.starts_with(line));
    return text.substr(line.size());
  }

  TemporaryFolder folder;
  SeededRandom random{1};
  const Time now{1'800'000'000'000'000'000};
  const HostId id{{1}};
  const HostPaths paths{folder.path()};
  const Path state = paths.agent_state();
  CertificateAuthority authority = CertificateAuthority::make("the fleet", random, now, std::chrono::hours(24 * 365));
};

const std::string kTlsLine = "nokey ./var/lib/sparekeep/agent/tls.key\n", kRecipientLine = "nokey ./var/lib/sparekeep/agent/recipient.key\n";

}  // namespace

TEST_CASE("keys that are whole and fit their certificate stay") {
  Host host;
  CHECK(host.unusable() == "");
  const Bytes before = read_file(host.state / kTlsKeyName, 1000).value();
  const RecipientKey recipient = read_recipient_key(host.state).recipient();
  make_tls_key_file(host.state, host.random);
  CHECK(make_recipient_key(host.state, host.random).recipient() == recipient);
  CHECK(same_bytes(read_file(host.state / kTlsKeyName, 1000).value(), before));
}

TEST_CASE("whose recipient key lies there is said by its public half") {
  Host host, other;
  const RecipientKey own = read_recipient_key(host.state).recipient();
  CHECK(unusable_keys(host.paths, host.state) == "recipient " + own.hex() + "\n");
  std::filesystem::remove(host.state / kRecipientKeyName);
  const RecipientKey foreign = make_recipient_key(other.folder.path(), host.random).recipient();
  std::filesystem::copy_file(other.folder / std::string(kRecipientKeyName), host.state / kRecipientKeyName);
  CHECK(foreign != own);
  CHECK(unusable_keys(host.paths, host.state) == "recipient " + foreign.hex() + "\n");
}

TEST_CASE("keys that were cut are named, and replaced when keys are made") {
  Host host;
  std::filesystem::resize_file(host.state / kTlsKeyName, 60);
  std::filesystem::resize_file(host.state / kRecipientKeyName, 20);
  CHECK(host.unusable() == kRecipientLine + kTlsLine);
  make_tls_key_file(host.state, host.random);
  make_recipient_key(host.state, host.random);
  CHECK(host.unusable() == kTlsLine);                       // it has no certificate yet
  host.certify();
  CHECK(host.unusable() == "");
}

TEST_CASE("another host's key is named, and stays: a new certificate makes it good") {
  Host host, other;
  const Path key = host.state / kTlsKeyName;
  make_tls_key_file(other.folder.path(), host.random);
  std::filesystem::copy_file(other.folder / std::string(kTlsKeyName), key, std::filesystem::copy_options::overwrite_existing);
  const Bytes foreign = read_file(key, 1000).value();
  CHECK(host.unusable() == kTlsLine);
  make_tls_key_file(host.state, host.random);
  CHECK(same_bytes(read_file(key, 1000).value(), foreign));
  host.certify();
  CHECK(host.unusable() == "");
}

TEST_CASE("a host without keys has none to complain of") {
  const TemporaryFolder folder;
  CHECK(unusable_keys(HostPaths{folder.path()}, folder / "none") == "");
}
