#include "installer/install/plan.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

namespace {

bool is_there(const HostFacts& facts, const DesiredFile& file) {
  const auto found = facts.files.find(file.path);
  return found != facts.files.end() && found->second.digest == file.digest && found->second.mode == file.mode;
}

bool certificate_holds(const Service& service, const HostFacts& facts, const CertificateCheck& check) {
  const auto found = facts.texts.find(certificate_file(service));
  const std::optional<HostId> host = facts.host_id();
  if (found == facts.texts.end() || !host) return false;
  const Result<CertificateFacts> certificate = verify_certificate(found->second, check.authority_pem, check.now, Duration(0));
  const Role role = service.role == HostRole::storage ? Role::daemon : Role::agent;
  return certificate && certificate->identity.host == *host && certificate->identity.roles.contains(role) && !check.revoked(certificate->serial);
}

bool contains(const std::vector<DesiredFile>& files, std::string_view path) {
  return std::any_of(files.begin(), files.end(), [&](const DesiredFile& file) { return file.path == path; });
}

// Its certificate is not among them: the program renews and takes up that one itself.
std::vector<std::string> files_read_by(const Service& service) {
  return {program_file(service.program), program_file(kSharedLibrary), std::string(service.settings), std::string(kDelegationFile)};
}

}  // namespace

std::string reason_to_start(const Service& service, const HostFacts& facts, const Plan& plan) {
  const auto process = facts.processes.find(std::string(service.program));
  if (process == facts.processes.end()) return "not running";
  if (process->second.replaced) return "its program was replaced";
  for (const std::string& path : files_read_by(service)) {
    if (contains(plan.programs, path) || contains(plan.settings, path)) return path + " changes";
    const auto file = facts.files.find(path);
    if (file != facts.files.end() && file->second.changed_nanoseconds > process->second.since_nanoseconds) return path + " is newer";
  }
  const bool renewed = std::any_of(plan.certificates.begin(), plan.certificates.end(), [&](const Service& each) { return each.program == service.program; });
  return renewed ? "a new certificate" : "";
}

Plan make_plan(const Host& host, const HostFacts& facts, const DesiredState& desired, const CertificateCheck& check) {
  Plan plan;
  for (const DesiredFile& file : desired.files)
    if (!is_there(facts, file)) (file.is_program() ? plan.programs : plan.settings).push_back(file);
  for (const Service& service : desired.services) {
    if (!certificate_holds(service, facts, check)) plan.certificates.push_back(service);
    if (service.role == HostRole::storage) plan.make_storage = !facts.has_marker;
  }
  if (plan.make_storage && facts.has_stored)
    throw Error(ErrorKind::failed, "the marker in " + in_quotes(host.storage.path) + " is missing although shards were stored there before; mount the disk, " +
                                       "or prepare a new one with 'sparekeepd identity --prepare-storage " + host.storage.path + "' on the host");
  for (const Service& service : desired.services)
    if (!reason_to_start(service, facts, plan).empty()) plan.starts.push_back(service);
  return plan;
}

}  // namespace sparekeep::central
