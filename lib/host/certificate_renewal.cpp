#include "lib/host/certificate_renewal.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr Duration kRetryAfter = std::chrono::minutes(10);
constexpr uint64_t kCertificateSizeMax = 64 * 1024;

CertificateFacts present_facts(const Path& state) {
  const Result<std::string> pem = read_text(state / kTlsCertificateName, kCertificateSizeMax);
  const Result<CertificateFacts> facts = pem ? read_certificate(*pem) : pem.error();
  return facts ? *facts : CertificateFacts{};
}

int64_t third_of_life(const CertificateFacts& facts) { return (facts.not_before + (facts.not_after - facts.not_before) / 3).nanoseconds; }

Error denied(const std::string& why) { return Error(ErrorKind::denied, "the certificate that the central gave " + why); }

// What the next start could not use is never written: nothing would renew it any more. Judged by its own time, as this host's clock may be wrong.
Result<CertificateFacts> verified(const std::string& pem, const std::string& authority_pem) {
  const Result<CertificateFacts> facts = read_certificate(pem);
  if (!facts) return facts.error().during("the certificate that the central gave");
  return verify_certificate(pem, authority_pem, facts->not_before, Duration(0));
}

Result<CertificateFacts> check_renewed(const std::string& pem, const std::string& authority_pem, const PublicKey& key, const CertificateFacts& present) {
  const Result<CertificateFacts> facts = verified(pem, authority_pem);
  if (!facts) return facts;
  if (facts->public_key != key) return denied("is for another key than this program's");
  if (facts->identity.host != present.identity.host) return denied("is of host " + facts->identity.host.hex() + "; this one is " + present.identity.host.hex());
  if (facts->identity.roles != present.identity.roles) return denied("has other roles than the one at hand");
  if (facts->not_after <= present.not_after) return denied("ends at " + to_rfc3339(facts->not_after) + ", no later than the one at hand");
  return facts;
}

}  // namespace

Renewal::Renewal(Path state, const HostId& host, std::string authority_pem, const Clock& clock)
    : state_(std::move(state)), host_(host), authority_pem_(std::move(authority_pem)), clock_(clock), present_(present_facts(state_)),
      due_from_(third_of_life(present_)) {}

bool Renewal::due() const {
  const int64_t tried = tried_;
  return clock_.now().nanoseconds >= due_from_ && (tried == kNever || clock_.boot_time() - Duration(tried) >= kRetryAfter);
}

std::optional<Tls> Renewal::renew_if_due(CentralClient& central) {
  if (!due()) return std::nullopt;
  tried_ = clock_.boot_time().count();
  const std::string request = make_host_request(state_, host_);
  const Result<std::string> certificate = central.renew(request);
  const Result<CertificateFacts> facts =
      certificate ? check_renewed(*certificate, authority_pem_, read_request_key(request).value(), present_) : certificate.error();
  const Result<void> written = facts ? write_durably(state_ / kTlsCertificateName, as_bytes(*certificate)) : facts.error();
  if (!written) {
    log_warning("the certificate was not renewed, the one at hand stays: " + written.error().text());
    return std::nullopt;
  }
  present_ = *facts;
  due_from_ = third_of_life(present_);
  log_info("the certificate was renewed");
  return load_host_tls(state_, authority_pem_);
}

}  // namespace sparekeep
