// What OpenSSL is told: only our own certificate is sent, one that was verified counts again, and only by the same authority.
#include "lib/net/tls.h"

#include "lib/net/channel.h"
#include "lib/net/tls_handle.h"
#include "test/support/catch.h"
#include "test/unit/net/fixture.h"

#include <sys/socket.h>

using namespace sparekeep;

namespace {

struct Ends {
  SslSession client, server;

  Ends(const Tls& of_client, const Tls& of_server) : client(SSL_new(of_client->handle().context.get())), server(SSL_new(of_server->handle().context.get())) {
    BIO* one = nullptr;
    BIO* other = nullptr;
    REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
    SSL_set_bio(client.get(), one, one);
    SSL_set_bio(server.get(), other, other);
    SSL_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    SSL_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }

  bool shake_hands() const {
    for (int turn = 0; turn < 10; ++turn) SSL_do_handshake(client.get()), SSL_do_handshake(server.get());
    return SSL_is_init_finished(client.get()) == 1 && SSL_is_init_finished(server.get()) == 1 && SSL_get_verify_result(client.get()) == X509_V_OK &&
           SSL_get_verify_result(server.get()) == X509_V_OK;
  }
};

}  // namespace

TEST_CASE("each side sends its own certificate alone, and is verified at its first connection and at each later one") {
  TestAuthority authority, other(2);
  const Tls one = authority.tls(authority.host()), two = authority.tls(authority.host());
  for (int times = 0; times < 3; ++times) {
    const Ends ends(times == 1 ? two : one, times == 1 ? one : two);
    REQUIRE(ends.shake_hands());
    CHECK(sk_X509_num(SSL_get_peer_cert_chain(ends.client.get())) == 1);
  }
  TlsFiles foreign = other.files(other.host());
  foreign.authority_pem = authority.pem();
  const Tls stranger = TlsContext::load(foreign).value();
  for (int times = 0; times < 2; ++times) {
    CHECK(!Ends(stranger, two).shake_hands());
    CHECK(!Ends(one, stranger).shake_hands());
  }
}

TEST_CASE("what is made when it is needed is made once, and what making it throws whoever needs it gets") {
  TestAuthority authority;
  int asked = 0;
  const Tls later = TlsContext::when_needed([&] {
    if (++asked == 1) throw Error(ErrorKind::failed, "not yet");
    return authority.files(authority.host());
  });
  const Tls client = authority.tls(authority.host());
  CHECK(asked == 0);
  CHECK_THROWS_AS(Ends(client, later), Error);
  for (int times = 0; times < 2; ++times) CHECK(Ends(client, later).shake_hands());
  CHECK(asked == 2);
}

TEST_CASE("a connection goes on where the server has got another certificate meanwhile") {
  TestAuthority authority;
  Tls old = authority.tls(authority.host());
  const Tls client = authority.tls(authority.host());
  int sockets[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) == 0);
  const Descriptor ours(sockets[0]), theirs(sockets[1]);
  const auto server_end = tls_channel(*old, ours.get(), Side::server, true), client_end = tls_channel(*client, theirs.get(), Side::client, true);
  old.reset();
  Step step = client_end->handshake(), answer = step;
  for (int turn = 0; turn < 10; ++turn) answer = server_end->handshake(), step = client_end->handshake();
  CHECK(answer.state == Step::State::done);
  CHECK(step.state == Step::State::done);
}
