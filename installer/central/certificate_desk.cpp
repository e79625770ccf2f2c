#include "installer/central/certificate_desk.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr size_t kCommonNameMax = 64;                  // bytes that X.509 takes: of a longer name the rest is cut

CertificateEntry entry_of(const CertificateFacts& facts, Time issued) {
  return {.serial = facts.serial, .host = facts.identity.host, .roles = facts.identity.roles, .issued = issued, .ended = facts.not_after};
}

Error not_known(const std::string& host) {
  return Error(ErrorKind::not_found, "host " + in_quotes(host) + " is not known here; run sparekeep install");
}

}  // namespace

std::string CertificateDesk::sign(const std::string& request_pem, const HostEntry& host, const std::set<Role>& roles) {
  const Time now = clock_.now();
  const std::string certificate =
      state_.authority().issue(request_pem, {.host = host.id, .roles = roles}, host.name, now, kCertificateLife, random_).value();
  catalogue_.note_certificate(entry_of(read_certificate(certificate).value(), now));
  return certificate;
}

std::string CertificateDesk::issue(const std::string& request_pem, const HostId& host, const std::set<Role>& roles) {
  SK_CHECK(!roles.contains(Role::central) && !roles.contains(Role::admin));
  const std::lock_guard lock(mutex_);
  const std::optional<HostEntry> entry = catalogue_.host(host);
  if (!entry) throw not_known(host.hex());
  return sign(request_pem, *entry, roles);
}

HostEntry CertificateDesk::known(const CertificateFacts& at_hand) {
  note_name(at_hand);
  if (std::optional<HostEntry> entry = catalogue_.host(at_hand.identity.host)) return std::move(*entry);
  if (!std::filesystem::exists(state_.paths().rebuilding())) throw not_known(at_hand.common_name);
  HostEntry lost;
  lost.id = at_hand.identity.host;
  lost.name = at_hand.common_name;
  catalogue_.put_host(lost);
  return lost;
}

void CertificateDesk::note_name(const CertificateFacts& at_hand) {
  const std::optional<HostEntry> entry = catalogue_.host(at_hand.identity.host);
  if (!entry || !entry->name.empty() || at_hand.common_name.size() >= kCommonNameMax) return;
  catalogue_.change_host(entry->id, [&](std::optional<HostEntry>& known) {
    if (known && known->name.empty()) known->name = at_hand.common_name;
  });
}

void CertificateDesk::refuse_too_many(const HostEntry& host, const std::set<Role>& roles) {
  const Time now = clock_.now();
  const std::vector<CertificateEntry> all = catalogue_.certificates(host.id);
  const auto lately = std::count_if(all.begin(), all.end(), [&](const CertificateEntry& one) {
    return one.roles == roles && one.issued > now - kRenewalsWithin && one.issued <= now;
  });
  if (static_cast<size_t>(lately) < kRenewalsMax) return;
  throw Error(ErrorKind::denied, "host " + in_quotes(host.name) + " was given " + std::to_string(lately) + " certificates of this kind within " +
                                     format_duration(kRenewalsWithin) + "; at most " + std::to_string(kRenewalsMax) + " are given");
}

std::string CertificateDesk::renew(const std::string& request_pem, const CertificateFacts& at_hand) {
  std::set<Role> roles = at_hand.identity.roles;
  roles.erase(Role::central);
  roles.erase(Role::admin);
  if (roles.empty()) throw Error(ErrorKind::denied, "only certificates of daemons and agents are renewed");
  const std::lock_guard lock(mutex_);
  const HostEntry host = known(at_hand);
  refuse_too_many(host, roles);
  catalogue_.note_certificate(entry_of(at_hand, at_hand.not_before));        // a catalogue that was lost did not know it any more
  return sign(request_pem, host, roles);
}

void CertificateDesk::remove(const HostId& host) {
  const std::lock_guard lock(mutex_);
  if (!catalogue_.host(host)) return;
  std::vector<std::string> serials;
  for (const CertificateEntry& certificate : catalogue_.certificates(host)) serials.push_back(certificate.serial);
  systems_.remove(host, serials);
  catalogue_.remove_host(host);
}

}  // namespace sparekeep::central
