// Gives certificates to hosts, for requests made there, and notes their serials so that they can be revoked.
#pragma once

#include "installer/central/catalogue.h"
#include "installer/central/state.h"

namespace sparekeep::central {

constexpr Duration kCertificateLife = std::chrono::hours(24 * 30);
constexpr size_t kSerialsKept = 64;                                    // a host; older ones are past their end

class CertificateDesk {
 public:
  CertificateDesk(const CentralState& state, Catalogue& catalogue, const Clock& clock, Random& random)
      : state_(state), catalogue_(catalogue), clock_(clock), random_(random) {}

  // Throws not_found for a host that is not in the catalogue, corrupt for a request that does not verify.
  std::string issue(const std::string& request_pem, const HostId& host, const std::set<Role>& roles);

  // For the host and roles of the certificate at hand. A host that the catalogue lost is noted again.
  std::string renew(const std::string& request_pem, const CertificateFacts& at_hand);

 private:
  std::string sign(const std::string& request_pem, HostEntry entry, const std::set<Role>& roles);
  const CentralState& state_;
  Catalogue& catalogue_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace sparekeep::central
