// A blocking client of one server: one kept-alive connection, used by one thread at a time; close() may come from any.
// Every wait has a deadline, and the error says which one passed:
//   store3:7421: no answer within 10 s (first byte)
// A server that is alive says so while it works on a body (102), and asks to come again when it has no room (503 with `retry-after`): that
// is waited out within the limit of the whole.
// Kinds: unreachable (refused, no route, unknown name, broken connection), timeout, denied (certificates), corrupt (not
// HTTP as we speak it), closed (close() was called), and whatever the server's answer says.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "lib/net/endpoint.h"
#include "lib/net/message.h"
#include "lib/net/tls.h"

namespace sparekeep {

struct ClientDeadlines {
  Duration connect = std::chrono::seconds(5);                    // name and TCP
  Duration tls = std::chrono::seconds(5);
  Duration first_byte = std::chrono::seconds(10);                // from the request's last byte, or the last sign of life
  Duration stall = std::chrono::seconds(10);                     // without any byte of a body, either way
};

struct ClientOptions {
  std::string host;
  uint16_t port = 0;
  Tls tls;                                                       // never null, but with `local_socket`
  std::optional<HostId> expected;                                // the server's certificate must be this host's ...
  Role expected_role = Role::daemon;                             // ... and hold this role
  PeerCheck check;                                               // none: inside its time by the client's clock
  ClientDeadlines deadlines;
  std::optional<std::filesystem::path> local_socket;             // instead of host, port and TLS
};

struct SendOptions {
  Duration limit = std::chrono::seconds(60);                     // of the whole, further attempts included
  std::optional<Duration> first_byte{};                          // instead of the client's, for a long poll
  std::vector<ByteSpan> body{};                                  // sent one after the other instead of request.body, not copied
  size_t response_max = kBodyMaxDefault;                         // corrupt above it
  MutableSpan into{};                                            // where not empty: a good answer's body goes there and fills it, or is corrupt
  std::optional<bool> idempotent{};                              // default: every method but POST. Sent again once on a kept
};                                                               // connection that turned out closed before any byte of an answer

class HttpClient {
 public:
  HttpClient(ClientOptions options, const Clock& clock);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  // A status of 400 and above is an error: the server's kind and text, behind "host:port: ".
  Result<HttpResponse> send(const HttpRequest& request, const SendOptions& options);
  Result<HttpResponse> send(const HttpRequest& request, Duration limit) { return send(request, SendOptions{.limit = limit}); }

  // The same, but every status is a response.
  Result<HttpResponse> exchange(const HttpRequest& request, const SendOptions& options);

  // Ends a send that another thread waits in (closed), and this connection. The next send connects again.
  void close();

  std::optional<CertificateFacts> peer() const;                  // the server of the connection at hand
  std::string name() const;                                      // "store3:7421", as messages call it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sparekeep
