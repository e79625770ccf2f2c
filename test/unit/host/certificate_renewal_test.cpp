#include "lib/host/certificate_renewal.h"

#include "lib/net/server.h"
#include "lib/wire/paths.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

constexpr Duration kDay = std::chrono::hours(24);

// A host whose certificate is due, and a central that answers with what `answer` makes.
struct World {
  World() {
    make_host(state_folder, begun);
    router.add("POST", std::string(kRenewPath), {Role::agent},
               [this](const HttpRequest& request) { return HttpResponse::of_text(200, answer(std::string(as_text(request.body))), "application/x-pem-file"); });
    KeyPair key = make_tls_key(random);
    const std::string request = make_request(key.private_pem, "central").value();
    ServerOptions options;
    options.tls = TlsContext::load({authority.issue(request, {random.id<HostId>(), {Role::central}}, "central", now, kDay, random).value(),
                                    std::move(key.private_pem), authority.certificate_pem()})
                      .value();
    options.check = within_time(system_clock());
    server = std::make_unique<HttpServer>(options, router);
    server->start().value();
  }

  void make_host(const Path& state, Time from) {
    make_tls_key_file(state, random);
    write_durably(state / kTlsCertificateName, as_bytes(issued(make_host_request(state, host), {host, {Role::agent}}, from, 20 * kDay))).value();
  }
  std::string issued(const std::string& request, const Identity& to, Time from, Duration life) {
    return authority.issue(request, to, "web1", from, life, random).value();
  }
  std::string present() const { return read_text(state_folder / kTlsCertificateName, 1 << 16).value(); }
  bool renews() {
    Renewal renewal(state_folder, host, authority.certificate_pem(), system_clock());
    CentralClient central({"127.0.0.1", server->port()}, load_host_tls(state_folder, authority.certificate_pem()), system_clock());
    return renewal.renew_if_due(central).has_value();
  }

  TemporaryFolder folder;
  const Path state_folder = folder / "state";
  SeededRandom random{7};
  const Time now = system_clock().now(), begun = now - 10 * kDay;
  CertificateAuthority authority = CertificateAuthority::make("test authority", random, now - 100 * kDay, 1000 * kDay);
  HostId host = random.id<HostId>();
  std::function<std::string(const std::string& request)> answer;
  Router router;
  std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST_CASE("a certificate that is due is renewed, and the new one is the one that the next start finds") {
  World world;
  world.answer = [&](const std::string& request) { return world.issued(request, {world.host, {Role::agent}}, world.now, 20 * kDay); };
  const std::string before = world.present();
  CHECK(world.renews());
  CHECK(world.present() != before);
  CHECK_FALSE(world.renews());                                       // not due again
  load_host_tls(world.state_folder, world.authority.certificate_pem());
}

TEST_CASE("a certificate that the next start could not use never takes the place of the one at hand") {
  World world;
  const std::string before = world.present();
  const Identity right{world.host, {Role::agent}};
  std::string another_key;
  {
    const Path other = world.folder / "other";
    make_tls_key_file(other, world.random);
    another_key = make_host_request(other, world.host);
  }
  const CertificateAuthority stranger = CertificateAuthority::make("stranger", world.random, world.now - 100 * kDay, 1000 * kDay);
  const std::vector<std::function<std::string(const std::string&)>> answers{
      [&](const std::string&) { return std::string("oops"); },
      [&](const std::string&) { return world.issued(another_key, right, world.now, 20 * kDay); },
      [&](const std::string& request) { return stranger.issue(request, right, "web1", world.now, 20 * kDay, world.random).value(); },
      [&](const std::string& request) { return world.issued(request, {world.random.id<HostId>(), {Role::agent}}, world.now, 20 * kDay); },
      [&](const std::string& request) { return world.issued(request, {world.host, {Role::daemon}}, world.now, 20 * kDay); },
      [&](const std::string& request) { return world.issued(request, {world.host, {Role::agent, Role::daemon}}, world.now, 20 * kDay); },
      [&](const std::string& request) { return world.issued(request, right, world.begun, 19 * kDay); },   // an older one, sent again
      [&](const std::string&) { return world.authority.certificate_pem(); },
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    CAPTURE(i);
    world.answer = answers[i];
    CHECK_FALSE(world.renews());
    CHECK(world.present() == before);
  }
  world.answer = [&](const std::string& request) { return world.issued(request, right, world.now, 20 * kDay); };
  CHECK(world.renews());
}
