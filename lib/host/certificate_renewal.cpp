#include "lib/host/certificate_renewal.h"

#include "lib/base/log.h"

namespace sparekeep {

namespace {

constexpr Duration kRetryAfter = std::chrono::minutes(10);
constexpr uint64_t kCertificateSizeMax = 64 * 1024;

Time renewal_time(const Path& state) {
  const Result<std::string> pem = read_text(state / kTlsCertificateName, kCertificateSizeMax);
  const Result<CertificateFacts> facts = pem ? read_certificate(*pem) : pem.error();
  if (!facts) return Time{};
  return facts->not_before + (facts->not_after - facts->not_before) / 3;
}

}  // namespace

Renewal::Renewal(Path state, const HostId& host, std::string authority_pem, const Clock& clock)
    : state_(std::move(state)), host_(host), authority_pem_(std::move(authority_pem)), clock_(clock), from_(renewal_time(state_)) {}

bool Renewal::due() const {
  return clock_.now() >= from_ && (tried_ == Duration::min() || clock_.boot_time() - tried_ >= kRetryAfter);
}

std::optional<Tls> Renewal::renew_if_due(CentralClient& central) {
  if (!due()) return std::nullopt;
  tried_ = clock_.boot_time();
  const Result<std::string> certificate = central.renew(make_host_request(state_, host_));
  const Result<void> written = certificate ? write_durably(state_ / kTlsCertificateName, as_bytes(*certificate)) : certificate.error();
  if (!written) {
    log_warning("the certificate was not renewed: " + written.error().text());
    return std::nullopt;
  }
  from_ = renewal_time(state_);
  log_info("the certificate was renewed");
  return load_host_tls(state_, authority_pem_);
}

}  // namespace sparekeep
