#include "installer/central/certificate_desk.h"

#include "lib/base/text.h"

namespace sparekeep::central {

std::string CertificateDesk::sign(const std::string& request_pem, HostEntry entry, const std::set<Role>& roles) {
  const Identity identity{.host = entry.id, .roles = roles};
  const std::string certificate =
      state_.authority().issue(request_pem, identity, entry.name, clock_.now(), kCertificateLife, random_).value();
  entry.serials.push_back(read_certificate(certificate).value().serial);
  if (entry.serials.size() > kSerialsKept) entry.serials.erase(entry.serials.begin());
  entry.roles.insert(roles.begin(), roles.end());
  catalogue_.put_host(entry);
  return certificate;
}

std::string CertificateDesk::issue(const std::string& request_pem, const HostId& host, const std::set<Role>& roles) {
  SK_CHECK(!roles.contains(Role::central) && !roles.contains(Role::admin));
  std::optional<HostEntry> entry = catalogue_.host(host);
  if (!entry) throw Error(ErrorKind::not_found, "host " + in_quotes(host.hex()) + " is not known here");
  return sign(request_pem, std::move(*entry), roles);
}

std::string CertificateDesk::renew(const std::string& request_pem, const CertificateFacts& at_hand) {
  std::set<Role> roles = at_hand.identity.roles;
  roles.erase(Role::central);
  roles.erase(Role::admin);
  if (roles.empty()) throw Error(ErrorKind::denied, "only certificates of daemons and agents are renewed");
  HostEntry entry = catalogue_.host(at_hand.identity.host).value_or(HostEntry{});
  if (entry.name.empty()) entry.id = at_hand.identity.host, entry.name = at_hand.common_name;
  return sign(request_pem, std::move(entry), roles);
}

}  // namespace sparekeep::central
