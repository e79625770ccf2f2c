// The client of the central, for daemons and agents: one call a request of docs/protocol.md. Like HttpClient it is used by
// one thread at a time (close() from any); a program with several threads has several. Nothing is retried here but what
// HttpClient says: how long to wait for an absent central is the caller's affair.
#pragma once

#include <optional>

#include "lib/net/client.h"
#include "lib/wire/order.h"
#include "lib/wire/report.h"
#include "lib/wire/run.h"
#include "lib/wire/shards.h"

namespace sparekeep {

constexpr size_t kMasterBytesMax = 8 << 20;            // of a master file's answer
constexpr size_t kVaultObjectMax = 32 << 20;           // of a descriptor, key record, pack list block or snapshot record
constexpr Duration kOrderWaitMax = std::chrono::seconds(60);
constexpr Duration kProgressEvery = std::chrono::seconds(5);   // an agent says something of a run at least so often

class CentralClient {
 public:
  CentralClient(Endpoint central, Tls tls, const Clock& clock, ClientDeadlines deadlines = {});

  // Any role. Which master file is its newest, among others.
  Result<Hello> hello();

  // Role daemon.
  Result<ReportAnswer> report(const DaemonReport& report);

  // Roles daemon, agent. Empty: there is none newer than (epoch, number). The bytes are not verified here.
  Result<std::optional<Bytes>> master_newer_than(uint64_t epoch, uint64_t number);

  // Role agent. Waits at the central up to `wait` (at most kOrderWaitMax). Empty: there was none. The signature is not
  // verified here. An order of whose run the central hears nothing is given out again: a run is known by its id.
  Result<std::optional<SignedOrder>> next_order(Duration wait);
  Result<void> progress(const RunProgress& progress);
  Result<void> result(const RunResult& result);                // may be repeated until it is taken

  // Role agent of the vault's owner: an object under its path of lib/wire/paths.h. Repeatable; exists where other bytes
  // stand under the path already, corrupt or denied where the central does not take it. Roles daemon, agent: a master file
  // under kMasterPath, to a central whose newest is behind it.
  Result<void> put_object(const std::string& path, ByteSpan object);
  Result<Bytes> get_object(const std::string& path);

  // Any role: a new certificate with the roles of the one at hand, for the key in the request (the same or a new one).
  Result<std::string> renew(const std::string& request_pem);

  void close();
  std::string name() const;                                    // "192.0.2.1:7420"

 private:
  Result<HttpResponse> send(const HttpRequest& request, const SendOptions& options);
  HttpClient client_;
};

}  // namespace sparekeep
