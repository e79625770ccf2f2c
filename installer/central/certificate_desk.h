// Gives certificates to hosts, for requests made there, and notes each until nobody takes it any more, so that removing a host revokes all that
// it has. One call at a time: a certificate is noted before its host has it, and none is given between a removal's look and its end.
#pragma once

#include <mutex>

#include "installer/central/catalogue.h"
#include "installer/central/state.h"
#include "installer/central/system_board.h"

namespace sparekeep::central {

constexpr Duration kCertificateLife = std::chrono::hours(24 * 30);
constexpr Duration kRenewalsWithin = kCertificateLife / 10;
constexpr size_t kRenewalsMax = 4;                                     // of one host and kind, within that

class CertificateDesk {                                                // thread safe
 public:
  CertificateDesk(const CentralState& state, Catalogue& catalogue, SystemBoard& systems, const Clock& clock, Random& random)
      : state_(state), catalogue_(catalogue), systems_(systems), clock_(clock), random_(random) {}

  // Throws not_found for a host that is not in the catalogue, corrupt for a request that does not verify.
  std::string issue(const std::string& request_pem, const HostId& host, const std::set<Role>& roles);

  // For the host and roles of the certificate at hand. not_found: a host that was never here or was removed (while a lost catalogue is
  // made again, it is noted instead). denied: a role that nobody renews, or over kRenewalsMax.
  std::string renew(const std::string& request_pem, const CertificateFacts& at_hand);

  // A host that a rebuilt catalogue knows by its id alone gets the name that the central wrote in its certificate.
  void note_name(const CertificateFacts& at_hand);

  void remove(const HostId& host);                                     // out of catalogue and master file; its certificates are revoked

 private:
  std::string sign(const std::string& request_pem, const HostEntry& host, const std::set<Role>& roles);
  HostEntry known(const CertificateFacts& at_hand);
  void refuse_too_many(const HostEntry& host, const std::set<Role>& roles);
  const CentralState& state_;
  Catalogue& catalogue_;
  SystemBoard& systems_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
};

}  // namespace sparekeep::central
