// A program's certificate renews itself from a third of its life, by way of the central; the key stays the same.
#pragma once

#include <atomic>
#include <optional>

#include "lib/central/central_client.h"
#include "lib/host/host_identity.h"

namespace sparekeep {

class Renewal {
 public:
  Renewal(Path state, const HostId& host, std::string authority_pem, const Clock& clock);

  // The certificate to use from now on, when one was due and the central gave it; a failure is logged and tried again later. It takes the place
  // of the one at hand only when it is signed by this authority, for the same key, host and roles, and ends later.
  std::optional<Tls> renew_if_due(CentralClient& central);
  bool due() const;                                    // from any thread

 private:
  static constexpr int64_t kNever = INT64_MIN;
  const Path state_;
  const HostId host_;
  const std::string authority_pem_;
  const Clock& clock_;
  CertificateFacts present_;                           // of the certificate at hand; due from a third of its life
  std::atomic<int64_t> due_from_;                      // wall clock
  std::atomic<int64_t> tried_{kNever};                 // boot time
};

}  // namespace sparekeep
