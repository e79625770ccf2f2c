// TLS 1.3 both ways, with one certificate for a program's server and its clients. No tickets, no resumption, no
// compression, no renegotiation. The chain is always verified against the authority here; what else a certificate must be
// (inside its time, within grace, not revoked) is decided by a PeerCheck.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "lib/base/clock.h"
#include "lib/crypt/certificate.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

struct TlsFiles {
  std::string certificate_pem;        // ours; may be empty for a client without one
  Secret private_pem;
  std::string authority_pem;          // one or more certificates of the authority
};

// Asked with the certificate of a peer whose chain is good; again for every request of a kept connection (revocation).
using PeerCheck = std::function<Result<CertificateFacts>(ByteSpan der)>;

// Inside its time, or at most `grace` past its end: denied with the moment in the text. The clock must outlive the check.
PeerCheck within_time(const Clock& clock, Duration grace = Duration(0));

// For peers that nobody could renew while the central is lost, which must not stop restores.
constexpr Duration kCertificateGrace = std::chrono::hours(24 * 90);

// What `check` says, and denied for a serial of which `is_revoked`, which is asked anew each time.
PeerCheck not_revoked(PeerCheck check, std::function<bool(const std::string& serial)> is_revoked);

class TlsContext : public std::enable_shared_from_this<TlsContext> {   // shared by any number of servers and clients, from any thread
 public:
  struct Handle;                      // OpenSSL's context: lib/net only
  explicit TlsContext(std::unique_ptr<Handle> handle);
  explicit TlsContext(std::function<TlsFiles()> make);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);   // corrupt, saying which of the three
  // Made when somebody connects or is connected to, which a command that only looks may never see. `make` is called once, from any thread, and what it
  // refers to must live as long as anybody connects; what it throws, or files that are none, whoever connects gets.
  static std::shared_ptr<const TlsContext> when_needed(std::function<TlsFiles()> make);

  const Handle& handle() const;

 private:
  const std::function<TlsFiles()> make_;
  mutable std::once_flag made_;
  mutable std::unique_ptr<Handle> handle_;
};
using Tls = std::shared_ptr<const TlsContext>;

}  // namespace sparekeep
