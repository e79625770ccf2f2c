#include "lib/base/units.h"
#include "test/support/catch.h"

#include <thread>

#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

constexpr Duration kLimit = std::chrono::seconds(10);

std::string asked_with(TestServer& server, Tls tls, const std::string& path = "/slow") {
  ClientOptions options = server.client_options();
  options.tls = std::move(tls);
  return text_of(HttpClient(std::move(options), system_clock()).send(request_of("GET", path), kLimit));
}

}  // namespace

TEST_CASE("every wrong credential of a client is refused, by name") {
  TestServer server;
  server.start();
  TestAuthority& authority = server.authority;
  TestAuthority other(2);
  CHECK(asked_with(server, authority.tls(server.agent_id)) == "slow");
  CHECK(asked_with(server, TlsContext::load(authority.files_without_certificate()).value()) ==
        "denied: HOST: our certificate was refused: tlsv13 alert certificate required");
  TlsFiles foreign = other.files(server.agent_id);
  foreign.authority_pem = authority.pem();
  CHECK(asked_with(server, TlsContext::load(foreign).value()) == "denied: HOST: our certificate was refused: tlsv1 alert unknown ca");
  CHECK(asked_with(server, authority.tls(server.agent_id, {.roles = {Role::daemon}})) ==
        "denied: HOST: GET /slow wants one of the roles: agent; this certificate holds: daemon");
  CHECK(asked_with(server, authority.tls(server.agent_id), "/daemons") ==
        "denied: HOST: GET /daemons wants one of the roles: central, daemon; this certificate holds: agent");
  const Tls ended = authority.tls(server.agent_id, {.begins = std::chrono::hours(-48)});
  CHECK(asked_with(server, ended).starts_with("denied: HOST: the certificate ended at "));
  const Tls early = authority.tls(server.agent_id, {.begins = std::chrono::hours(48)});
  const std::string told = asked_with(server, early);
  CHECK(told.starts_with("denied: HOST: the certificate begins at "));
  CHECK(told.find("Z, and the clock of '") != std::string::npos);
  CHECK(told.ends_with("Z, " + format_duration(std::chrono::hours(46) + std::chrono::minutes(59)) +
                       " before that; set that clock, or the one of whoever made the certificate; where both are right by now, run sparekeep install"));
  CHECK(server.running == 1);
}

TEST_CASE("an ended certificate is taken within the grace that the check gives") {
  TestServer server;
  server.options.check = within_time(system_clock(), std::chrono::hours(25));
  server.start();
  CHECK(asked_with(server, server.authority.tls(server.agent_id, {.begins = std::chrono::hours(-48)})) == "slow");
  CHECK(asked_with(server, server.authority.tls(server.agent_id, {.begins = std::chrono::hours(-50)})).starts_with("denied: "));
}

TEST_CASE("where a certificate is optional, routes with roles want one all the same") {
  TestServer server;
  server.options.client_certificate = ClientCertificate::optional;
  server.start();
  const Tls bare = TlsContext::load(server.authority.files_without_certificate()).value();
  CHECK(asked_with(server, bare, "/hello") == "hello");
  CHECK(asked_with(server, bare) == "denied: HOST: GET /slow wants a certificate of one of the roles: agent");
  CHECK(asked_with(server, server.authority.tls(server.agent_id)) == "slow");
  TestAuthority other(2);
  TlsFiles foreign = other.files(server.agent_id);
  foreign.authority_pem = server.authority.pem();
  CHECK(asked_with(server, TlsContext::load(foreign).value(), "/hello").starts_with("denied: HOST: our certificate was refused"));
}

TEST_CASE("a certificate revoked on a living connection is refused at its next request") {
  TestServer server;
  std::atomic<bool> revoked = false;
  server.options.check = [&](ByteSpan der) -> Result<CertificateFacts> {
    if (revoked) return Error(ErrorKind::denied, "the certificate is revoked");
    return read_certificate_der(der);
  };
  server.start();
  HttpClient client = server.client();
  CHECK(text_of(client.send(request_of("GET", "/hello"), kLimit)) == "hello");
  revoked = true;
  CHECK(text_of(client.send(request_of("GET", "/hello"), kLimit)) == "denied: HOST: the certificate is revoked");
}

TEST_CASE("a client refuses a server that is not the one it expects") {
  TestServer server;
  server.start();
  ClientOptions options = server.client_options();
  options.expected = server.agent_id;
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), kLimit)) ==
        "denied: HOST: expected host " + server.agent_id.hex() + ", got " + server.id.hex());
  options = server.client_options();
  options.expected_role = Role::central;
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), kLimit)) ==
        "denied: HOST: expected a host with the role central");
  options = server.client_options();
  TestAuthority other(2);
  options.tls = other.tls(server.agent_id);
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), kLimit))
            .starts_with("denied: HOST: the certificate does not verify: "));
}

TEST_CASE("a client refuses a server whose certificate has ended") {
  TestServer server;
  server.options.tls = server.authority.tls(server.id, {.roles = {Role::daemon}, .begins = std::chrono::hours(-48)});
  server.start();
  CHECK(text_of(server.client().send(request_of("GET", "/hello"), kLimit)).starts_with("denied: HOST: the certificate ended at "));
}

TEST_CASE("a client takes a server's ended certificate within its grace, but never a revoked one") {
  TestServer server;
  server.options.tls = server.authority.tls(server.id, {.roles = {Role::daemon}, .begins = std::chrono::hours(-48)});
  server.start();
  std::string revoked;
  ClientOptions options = server.client_options();
  options.check = not_revoked(within_time(system_clock(), std::chrono::hours(25)), [&](const std::string& serial) { return serial == revoked; });
  HttpClient client(options, system_clock());
  CHECK(text_of(client.send(request_of("GET", "/hello"), kLimit)) == "hello");
  const CertificateFacts facts = *client.peer();
  revoked = facts.serial;
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), kLimit)) ==
        "denied: HOST: certificate " + revoked + " of '" + facts.common_name + "' is revoked");
  revoked.clear();
  options.check = not_revoked(within_time(system_clock(), std::chrono::hours(23)), [](const std::string&) { return false; });
  CHECK(text_of(HttpClient(options, system_clock()).send(request_of("GET", "/hello"), kLimit)).starts_with("denied: HOST: the certificate ended at "));
}

TEST_CASE("renewed credentials serve new connections") {
  TestServer server;
  server.start();
  HttpClient before = server.client();
  CHECK(before.send(request_of("GET", "/hello"), kLimit));
  const CertificateFacts old = *before.peer();
  server.server->renew(server.authority.tls(server.id, {.roles = {Role::daemon}}));
  HttpClient after = server.client();
  CHECK(after.send(request_of("GET", "/hello"), kLimit));
  CHECK(after.peer()->serial != old.serial);
  CHECK(before.send(request_of("GET", "/hello"), kLimit));
}

TEST_CASE("TLS files that do not fit are refused, saying which") {
  TestAuthority authority;
  TlsFiles files = authority.files(authority.host());
  files.authority_pem = "none";
  CHECK(TlsContext::load(files).error().text() == "TLS: the authority's certificate is not usable: expected CERTIFICATE in PEM form");
  files.authority_pem = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
  CHECK(TlsContext::load(files).error().text() == "TLS: the authority's certificate is not usable: expected an X.509 certificate in DER form");
  files = authority.files(authority.host());
  files.private_pem = authority.files(authority.host()).private_pem.clone();
  CHECK(TlsContext::load(files).error().text().starts_with("TLS: our private key does not fit our certificate"));
  files.certificate_pem = "none";
  CHECK(TlsContext::load(files).error().text().starts_with("TLS: our certificate is not usable"));
}
