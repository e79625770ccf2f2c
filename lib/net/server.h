// A server of one Router over mutual TLS 1.3, or over a Unix socket without TLS. Connections are coroutines on a few
// threads; handlers run on workers. Everything a peer can make us hold or wait for has a limit here (docs/protocol.md).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "lib/net/endpoint.h"
#include "lib/net/router.h"
#include "lib/net/tls.h"

namespace sparekeep {

enum class ClientCertificate { required, optional };

struct ServerLimits {
  size_t connections_max = 256;                                  // more are closed at once
  size_t connections_per_peer_max = 64;                          // of one host's certificates; more are told to wait
  size_t bodies_bytes_max = 48 << 20;                            // of all bodies in memory; a request waits for room first
  size_t bodies_bytes_per_peer_max = 24 << 20;                   // the same of one host, but for one that is alone
  size_t body_rate_min = 64 << 10;                               // bytes a second, on top of body_stall
  Duration handshake = std::chrono::seconds(5);
  Duration header = std::chrono::seconds(10);                    // from its first byte to its end
  Duration body_stall = std::chrono::seconds(30);                // without any byte of a body, either way
  Duration room = std::chrono::seconds(5);                       // a request waits in line for room so long, then it gets 503
  Duration sign_of_life = std::chrono::seconds(3);               // between two while a handler works on a body, 10 at most
  Duration idle = std::chrono::seconds(120);                     // between two requests
  Duration drain = std::chrono::seconds(5);                      // stop(): for requests that are being answered
  Duration linger = std::chrono::seconds(2);                     // reading on after a refusal, so that it arrives
};

struct LocalListener {                                           // a Unix socket instead of TCP and TLS
  std::filesystem::path path;                                    // replaced when a dead one is there; removed by stop()
  mode_t mode = 0600;
  std::function<std::set<Role>(const LocalPeer&)> roles;         // of whoever connects; none given: no roles
};

struct ServerOptions {
  Endpoint listen{"127.0.0.1", 0};                               // an address, not a name; port 0: any free one
  Tls tls;                                                       // never null, but with `local`
  PeerCheck check;                                               // the same
  ClientCertificate client_certificate = ClientCertificate::required;
  ServerLimits limits;
  size_t io_threads = 1;
  size_t workers = 8;                                            // handlers at once, long polls included
  std::optional<LocalListener> local;
};

class HttpServer {
 public:
  HttpServer(ServerOptions options, const Router& router);       // the router must outlive the server
  ~HttpServer();                                                 // stops
  HttpServer(const HttpServer&) = delete;

  Result<void> start();                                          // listens when it returns; busy: the port is taken. Once
  uint16_t port() const;                                         // after start()
  Endpoint endpoint() const;

  // Takes no more requests, tells handlers by HttpRequest::stopping, waits for those that run (limits.drain), then cuts the
  // connections. Returns when no handler runs any more. Repeatable.
  void stop();

  void renew(Tls tls);                                           // for connections from now on

  struct Numbers {
    size_t connections = 0;
    size_t bodies_bytes = 0;                                     // now
    size_t bodies_bytes_peak = 0;
    uint64_t requests = 0;
  };
  Numbers numbers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sparekeep
