#include "installer/install/plan.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kRootOwner = "root:root";

bool is_there(const HostFacts& facts, const DesiredFile& file, Supervision supervision) {
  const auto found = facts.files.find(file.path);
  if (found == facts.files.end() || found->second.type != 'f') return false;
  const FileFact& fact = found->second;
  return fact.digest == file.digest && fact.mode == file.mode && (supervision == Supervision::folder || fact.owner == kRootOwner);
}

bool is_there(const HostFacts& facts, const DesiredFolder& folder) {
  const auto found = facts.files.find(folder.path);
  if (found == facts.files.end()) return false;
  const FileFact& fact = found->second;
  return fact.type == 'd' && fact.mode == folder.mode && fact.owner == folder.user + ":" + folder.user;
}

bool is_enabled(const HostFacts& facts, const std::string& unit) {
  const auto link = facts.files.find(wants_link(unit));
  return link != facts.files.end() && link->second.type == 'l' && link->second.target == unit_file(unit);
}

bool is_active(const HostFacts& facts, const std::string& unit) {
  const auto found = facts.units.find(unit);
  return found != facts.units.end() && found->second.state == "active";
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
  return {program_file(service.program), program_file(kSharedLibrary), std::string(service.settings), std::string(kDelegationFile),
          unit_file(service_unit(service))};
}

bool changes(const Plan& plan, std::string_view path) {
  return contains(plan.programs, path) || contains(plan.settings, path) || contains(plan.units, path);
}

std::vector<DesiredFile>& place_of(const DesiredFile& file, Plan& plan) {
  if (file.is_program()) return plan.programs;
  return file.is_unit() ? plan.units : plan.settings;
}

void plan_files(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  for (const DesiredFile& file : desired.files)
    if (!is_there(facts, file, desired.supervision)) place_of(file, plan).push_back(file);
  for (const DesiredFolder& folder : desired.folders) {
    if (!is_there(facts, folder)) plan.folders.push_back(folder);
    const bool wanted = folder.user != "root" && !facts.users.contains(folder.user);
    if (wanted && std::find(plan.users.begin(), plan.users.end(), folder.user) == plan.users.end()) plan.users.push_back(folder.user);
  }
}

void plan_units(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  for (const std::string& unit : desired.enabled) {
    const auto known = facts.units.find(unit);
    plan.reload = plan.reload || (known != facts.units.end() && known->second.stale);
    if (!is_enabled(facts, unit)) plan.links.push_back(unit);
  }
  plan.reload = plan.reload || !plan.units.empty();
  for (const std::string& socket : desired.sockets)
    if (contains(plan.units, unit_file(socket)) || !is_active(facts, socket)) plan.sockets.push_back(socket);
}

// What install once wrote for the programs that systemd is to supervise no more. Of a role that the host has lost nothing is touched.
void plan_strays(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  std::vector<std::string> units;
  for (const Service& service : desired.services) {
    units.push_back(service_unit(service));
    if (service.role != HostRole::backup) continue;
    for (const std::string_view order : kPrivilegedOrders) units.push_back(socket_unit(order)), units.push_back(order_unit(order));
  }
  for (const std::string& unit : units)
    if (facts.files.contains(unit_file(unit)) || facts.files.contains(wants_link(unit))) plan.strays.push_back(unit);
}

Error unfit_storage(const std::string& path, const HostFacts& facts) {
  if (facts.has_stored)
    return Error(ErrorKind::failed, "the marker in " + in_quotes(path) +
                                        " is missing although shards were stored there before; mount the disk, or prepare a new one with "
                                        "'sparekeepd identity --prepare-storage " + path + "' on the host");
  return Error(ErrorKind::failed, in_quotes(path) + " is to store shards and holds other files; name a folder of its own in storage.path");
}

}  // namespace

bool Plan::empty() const {
  return users.empty() && folders.empty() && programs.empty() && settings.empty() && units.empty() && links.empty() && !reload && strays.empty() &&
         certificates.empty() && !make_storage && starts.empty() && sockets.empty();
}

std::string reason_to_start(const Service& service, const HostFacts& facts, const Plan& plan, Supervision supervision) {
  const auto process = facts.processes.find(std::string(service.program));
  if (process == facts.processes.end()) return "not running";
  if (supervision == Supervision::systemd && !is_active(facts, service_unit(service))) return "not run by systemd";
  if (supervision == Supervision::process && is_active(facts, service_unit(service))) return "run by systemd";
  if (process->second.replaced) return "its program was replaced";
  for (const std::string& path : files_read_by(service)) {
    if (changes(plan, path)) return path + " changes";
    const auto file = facts.files.find(path);
    if (file != facts.files.end() && file->second.changed_nanoseconds > process->second.since_nanoseconds) return path + " is newer";
  }
  const bool renewed = std::any_of(plan.certificates.begin(), plan.certificates.end(), [&](const Service& each) { return each.program == service.program; });
  return renewed ? "a new certificate" : "";
}

Plan make_plan(const Host& host, const HostFacts& facts, const DesiredState& desired, const CertificateCheck& check) {
  Plan plan;
  plan_files(facts, desired, plan);
  if (desired.supervision == Supervision::systemd) plan_units(facts, desired, plan);
  if (desired.supervision == Supervision::process) plan_strays(facts, desired, plan);
  for (const Service& service : desired.services) {
    if (!certificate_holds(service, facts, check)) plan.certificates.push_back(service);
    if (service.role == HostRole::storage) plan.make_storage = !facts.has_marker;
  }
  if (plan.make_storage && (facts.has_stored || facts.has_strangers)) throw unfit_storage(host.storage.path, facts);
  for (const Service& service : desired.services)
    if (!reason_to_start(service, facts, plan, desired.supervision).empty()) plan.starts.push_back(service);
  return plan;
}

}  // namespace sparekeep::central
