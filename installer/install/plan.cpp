#include "installer/install/plan.h"

#include <algorithm>

#include "installer/host/shell_text.h"
#include "installer/install/users.h"
#include "lib/base/text.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kRootOwner = "root:root";
constexpr unsigned kKeyMode = 0600;

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
  if (fact.type != 'd')
    throw Error(ErrorKind::failed, in_quotes(folder.path) + " has to be a folder and is " + (fact.type == 'l' ? "a symlink that leads to none" : "none") +
                                       "; move it away");
  return fact.mode == folder.mode && fact.owner == folder.user + ":" + folder.user;
}

bool is_enabled(const HostFacts& facts, const std::string& unit) {
  const auto link = facts.files.find(wants_link(unit));
  return link != facts.files.end() && link->second.type == 'l' && link->second.target == unit_file(unit);
}

bool is_active(const HostFacts& facts, const std::string& unit) {
  const auto found = facts.units.find(unit);
  return found != facts.units.end() && found->second.state == "active";
}

// A unit whose file went, or could not be read, while it was active goes on without one, and reading the file then is no help: systemd gives no unit that
// is active another slice. What is masked is told by its file.
std::string unread(const HostFacts& facts, const std::string& unit) {
  const auto found = facts.units.find(unit);
  if (found == facts.units.end() || found->second.load.empty() || found->second.load == "loaded" || found->second.load == "masked") return {};
  const bool is_new = found->second.state == "inactive" && !facts.files.contains(unit_file(unit));
  return is_new ? "" : printable(found->second.load);
}

// systemd goes on for ever with a socket whose file somebody has removed.
bool listens(const HostFacts& facts, const std::string& unit) {
  for (const std::string_view order : kPrivilegedOrders) {
    const auto file = facts.files.find(socket_file(order));
    if (unit == socket_unit(order)) return file != facts.files.end() && file->second.type == 's';
  }
  return true;
}

bool certificate_holds(const Service& service, const HostFacts& facts, const CertificateCheck& check) {
  const auto found = facts.texts.find(certificate_file(service));
  const std::optional<HostId> host = facts.host_id();
  if (found == facts.texts.end() || !host) return false;
  for (const std::string& key : private_keys(service))
    if (facts.lost_keys.contains(key)) return false;
  const Result<CertificateFacts> certificate = verify_certificate(found->second, check.authority_pem, check.now, Duration(0));
  const Role role = service.role == HostRole::storage ? Role::daemon : Role::agent;
  return certificate && certificate->identity.host == *host && certificate->identity.roles.contains(role) && !check.revoked(certificate->serial);
}

bool contains(const std::vector<DesiredFile>& files, std::string_view path) {
  return std::any_of(files.begin(), files.end(), [&](const DesiredFile& file) { return file.path == path; });
}

// Its certificate is not among them: the program renews and takes up that one itself.
std::vector<std::string> files_read_by(const Service& service, const std::string& release) {
  return {release_file(release, service.program), release_file(release, kSharedLibrary), std::string(service.settings), std::string(kDelegationFile),
          unit_file(service_unit(service))};
}

bool changes(const Plan& plan, std::string_view path) {
  return contains(plan.programs, path) || contains(plan.settings, path) || contains(plan.units, path);
}

std::vector<DesiredFile>& place_of(const DesiredFile& file, Plan& plan) {
  if (file.is_program()) return plan.programs;
  return file.is_unit() ? plan.units : plan.settings;
}

// What neither the release that is to run nor the one before it needs.
bool has_leftovers(const HostFacts& facts, const DesiredState& desired) {
  if (facts.files.contains(std::string(kKeptFolder))) return true;
  for (const std::string& name : all_programs())
    if (facts.files.contains(flat_file(name))) return true;
  const std::string folders = std::string(kReleasesFolder) + "/";
  return std::any_of(facts.files.begin(), facts.files.end(), [&](const auto& file) {
    const std::string_view path = file.first;
    const std::string_view name = path.starts_with(folders) ? path.substr(folders.size()) : std::string_view();
    return !name.empty() && name.find('/') == std::string_view::npos && name != desired.release && name != facts.previous_release();
  });
}

void plan_release(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  if (desired.services.empty()) return;
  plan.release = desired.release;
  plan.switches = facts.current_release() != desired.release;
  plan.proves = plan.switches || !facts.files.contains(proven_file(desired.release));
  plan.tidies = has_leftovers(facts, desired);
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

// What they hold is the host's own: only who may read it is ours to say.
void plan_keys(const HostFacts& facts, const Service& service, Plan& plan) {
  const std::string user(service.program);
  for (const std::string& path : private_keys(service)) {
    const auto found = facts.files.find(path);
    if (found == facts.files.end() || found->second.type != 'f') continue;
    if (found->second.mode != kKeyMode || found->second.owner != user + ":" + user) plan.keys.push_back({.path = path, .mode = kKeyMode, .user = user});
  }
}

void plan_units(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  for (const std::string& unit : desired.enabled) {
    const auto known = facts.units.find(unit);
    if (!unread(facts, unit).empty()) plan.unread.push_back(unit);
    plan.reload = plan.reload || !plan.unread.empty() || (known != facts.units.end() && known->second.stale);
    if (!is_enabled(facts, unit)) plan.links.push_back(unit);
  }
  for (const DesiredFile& unit : plan.units) plan.reload = plan.reload || facts.files.contains(unit.path);      // a new one it reads by itself
  for (const std::string& socket : desired.sockets)
    if (contains(plan.units, unit_file(socket)) || !is_active(facts, socket) || !unread(facts, socket).empty() || !listens(facts, socket)) plan.sockets.push_back(socket);
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

// With the --root that a host of this machine has: without, it would be about this machine itself.
Error unfit_storage(const Host& host, const HostFacts& facts) {
  const std::string path = host.storage.path, root = host.root;
  const std::string before = facts.storage_path(), name = in_quotes(path);
  const std::string program = shell_word(root + program_file(kDaemonService.program)) + (root.empty() ? "" : " --root " + shell_word(root));
  const std::string prepare = "on the host with " + program + " identity --prepare-storage " + shell_word(path);
  const bool moved = !before.empty() && before != path;
  if (facts.has_strangers && (moved || !facts.has_stored))
    return Error(ErrorKind::failed, name + " is to store shards and holds other files; name a folder of its own in storage.path");
  if (moved)
    return Error(ErrorKind::failed, name + " is to store shards, and those of this host lie in " + in_quotes(printable(before)) + "; to move them, stop " +
                                        std::string(kDaemonService.program) + " on the host, copy all of that folder with its marker (cp -a " +
                                        shell_word(printable(before) + "/.") + " " + shell_word(path) + "), and run it again; or leave them behind " + prepare);
  return Error(ErrorKind::failed, "the marker in " + name + " is missing although shards were stored there before; mount the disk, or prepare a new one " + prepare);
}

}  // namespace

bool Plan::empty() const {
  const bool places_nothing = users.empty() && mends.empty() && folders.empty() && keys.empty() && leftovers.empty() && programs.empty() && settings.empty() &&
                              units.empty() && certificates.empty();
  const bool runs_on = starts.empty() && rereads.empty() && sockets.empty();
  return places_nothing && runs_on && !switches && !proves && !tidies && strays.empty() && links.empty() && !reload && !make_storage;
}

bool Plan::only_rereads() const {
  Plan rest = *this;
  rest.settings.clear(), rest.rereads.clear();
  return settings.size() == 1 && rereads.size() == 1 && rest.empty();
}

std::string what_drop_ins_set(const UnitFact& unit) {
  std::vector<std::string> each;
  for (const DropIn& drop_in : unit.drop_ins) each.push_back(in_quotes(printable(drop_in.file)) + " sets " + printable(drop_in.setting));
  return joined(each, ", ");
}

namespace {

std::string with_drop_ins(const std::string& reason, const Service& service, const HostFacts& facts) {
  const auto unit = facts.units.find(service_unit(service));
  const std::string set = unit == facts.units.end() ? "" : what_drop_ins_set(unit->second);
  return set.empty() ? reason : reason + " (" + set + ")";
}

}  // namespace

std::string reason_to_start(const Service& service, const HostFacts& facts, const Plan& plan, Supervision supervision) {
  const auto process = facts.processes.find(std::string(service.program));
  if (process == facts.processes.end()) return with_drop_ins("not running", service, facts);
  if (supervision == Supervision::systemd && !is_active(facts, service_unit(service))) return with_drop_ins("not run by systemd", service, facts);
  const std::string load = supervision == Supervision::systemd ? unread(facts, service_unit(service)) : "";
  if (!load.empty()) return "systemd has not read its unit (" + load + ")";
  if (supervision == Supervision::process && is_active(facts, service_unit(service))) return "run by systemd";
  if (process->second.stopped) return "it is stopped (SIGSTOP or a debugger)";
  if (plan.switches) return "release " + plan.release;
  if (std::find(plan.users.begin(), plan.users.end(), service.program) != plan.users.end()) return "its user is made anew";
  for (const UserMend& mend : plan.mends)
    if (mend.restarts && mend.name == service.program) return "its user changes";
  if (process->second.replaced) return "its program was replaced";
  for (const std::string& path : files_read_by(service, plan.release)) {
    if (changes(plan, path)) return path + " changes";
    const auto file = facts.files.find(path);
    if (file != facts.files.end() && file->second.changed_nanoseconds > process->second.since_nanoseconds) return path + " is newer";
  }
  const bool renewed = std::any_of(plan.certificates.begin(), plan.certificates.end(), [&](const Service& each) { return each.program == service.program; });
  return renewed ? "a new certificate" : "";
}

namespace {

// Without what a running daemon takes up.
std::string but_for_space(std::string_view settings) {
  std::string rest;
  for (const std::string& line : split_text(settings, '\n'))
    if (!line.starts_with("keep_free = ") && !line.starts_with("quota = ")) rest += line + "\n";
  return rest;
}

bool rereads(const Service& service, const HostFacts& facts, const Plan& plan, Supervision supervision) {
  const auto file = std::find_if(plan.settings.begin(), plan.settings.end(), [&](const DesiredFile& each) { return each.path == service.settings; });
  const auto before = facts.texts.find(std::string(service.settings));
  if (service.role != HostRole::storage || file == plan.settings.end() || before == facts.texts.end()) return false;
  if (but_for_space(before->second) != but_for_space(as_text(file->content))) return false;
  Plan rest = plan;
  std::erase_if(rest.settings, [&](const DesiredFile& each) { return each.path == service.settings; });
  HostFacts others = facts;
  others.files[std::string(service.settings)].changed_nanoseconds = 0;
  return reason_to_start(service, others, rest, supervision).empty();
}

}  // namespace

Plan make_plan(const Host& host, const HostFacts& facts, const DesiredState& desired, const CertificateCheck& check) {
  Plan plan;
  for (const std::string& path : facts.leftovers)
    if (may_be_left(host, desired.release, path)) plan.leftovers.insert(path);
  plan_release(facts, desired, plan);
  plan_files(facts, desired, plan);
  if (desired.supervision != Supervision::folder) plan_mends(facts, desired, plan);
  if (desired.supervision == Supervision::systemd) plan_units(facts, desired, plan);
  if (desired.supervision == Supervision::process) plan_strays(facts, desired, plan);
  for (const Service& service : desired.services) {
    if (!certificate_holds(service, facts, check)) plan.certificates.push_back(service);
    if (desired.supervision != Supervision::folder) plan_keys(facts, service, plan);
    if (service.role == HostRole::storage) plan.make_storage = !facts.has_marker;
  }
  if (plan.make_storage && (facts.has_stored || facts.has_strangers)) throw unfit_storage(host, facts);
  for (const Service& service : desired.services) {
    if (reason_to_start(service, facts, plan, desired.supervision).empty()) continue;
    (rereads(service, facts, plan, desired.supervision) ? plan.rereads : plan.starts).push_back(service);
  }
  const bool kept_runs = desired.keeps_daemon && facts.processes.contains(std::string(kDaemonService.program));
  if (kept_runs && plan.switches) plan.starts.push_back(kDaemonService);
  return plan;
}

}  // namespace sparekeep::central
