// What the tests of lib/net share: an authority, certificates of hosts, a server with a few routes, clients, and raw bytes
// over TLS for what a proper client never sends.
#pragma once

#include <atomic>

#include "lib/net/client.h"
#include "lib/net/server.h"

namespace sparekeep {

struct HostOptions {
  std::set<Role> roles{Role::agent};
  Duration begins{0};                              // from now
  Duration life = std::chrono::hours(24);
};

class TestAuthority {
 public:
  explicit TestAuthority(uint64_t seed = 1);
  TlsFiles files(const HostId& host, const HostOptions& options = {});
  TlsFiles files_without_certificate() const;
  Tls tls(const HostId& host, const HostOptions& options = {}) { return TlsContext::load(files(host, options)).value(); }
  HostId host() { return random_.id<HostId>(); }
  const std::string& pem() const { return authority_.certificate_pem(); }

 private:
  SeededRandom random_;
  CertificateAuthority authority_;
};

// Routes: GET /hello, PUT /echo (40 MiB, agents), PUT /size (40 MiB), GET /daemons (daemons only), GET /wait (until the
// server stops or two seconds), GET /slow (300 ms), GET /fail/{kind}, GET /where/{name}.
struct TestServer {
  TestAuthority authority;
  HostId id = authority.host();
  Router router;
  ServerOptions options;
  std::unique_ptr<HttpServer> server;
  std::atomic<int> running = 0;

  TestServer();
  void start();
  void wait_until_running() const;                   // a handler of /wait or /slow has begun
  HostId agent_id = authority.host();
  ClientOptions client_options();
  HttpClient client() { return HttpClient(client_options(), system_clock()); }
};

HttpRequest request_of(std::string method, std::string path);
std::string text_of(const Result<HttpResponse>& response);      // body, or "kind: text" of the error, with ports replaced by PORT

// Sends the bytes over TLS as an agent and gives everything that comes back until the server closes.
std::string raw_exchange(TestServer& server, std::string_view bytes);

// Listens and accepts in the kernel, and never answers.
class SilentServer {
 public:
  SilentServer();
  uint16_t port() const { return port_; }

 private:
  Descriptor socket_;
  uint16_t port_ = 0;
};

}  // namespace sparekeep
