#include "installer/install/fitness.h"

#include <algorithm>

#include "installer/install/packed_program.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr Duration kClockMax = std::chrono::hours(1);
constexpr uint64_t kRoomBeside = 64 << 20;             // free bytes that must be left after the programs
constexpr size_t kKeyShown = 12;                       // digits of a key, enough to tell it from others
constexpr uint64_t kRoomForSmallFiles = 1 << 20, kInodes = 64;   // files are written beside those that they replace

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::failed, text); }

void refuse_clock(const HostFacts& facts, Time now) {
  const Duration ahead = facts.now - now;
  if (ahead <= kClockMax && ahead >= -kClockMax) return;
  const std::string by = format_duration(ahead > Duration(0) ? ahead : -ahead);
  const std::string_view where = ahead > Duration(0) ? " ahead of" : " behind";
  refuse("its clock is " + by + std::string(where) + " the central's, so that certificates would not hold; set it, for example by timedatectl set-ntp true");
}

void refuse_programs(const HostFacts& facts, const Release& release) {
  if (!release.architecture.empty() && facts.architecture != release.architecture)
    refuse("it is a machine of " + in_quotes(facts.architecture) + " and the programs here are for " +
           in_quotes(release.architecture) + "; install from a central that has them for it");
  if (release.glibc.empty()) return;
  if (facts.glibc.empty()) refuse("it has no GNU C library, which the programs need from version " + release.glibc + " on");
  if (is_older_version(facts.glibc, release.glibc))
    refuse("its GNU C library is " + in_quotes(facts.glibc) + " and the programs need " +
           in_quotes(release.glibc) + " or later; upgrade the host, or build them on an older system");
}

void refuse_place(const HostFacts& facts, std::string_view folder, uint64_t bytes) {
  const std::string path(folder);
  if (facts.read_only.contains(path))
    refuse(in_quotes(path) + " cannot be written to: its file system is mounted read-only, it is immutable (chattr -i), or its owner is somebody else");
  const auto free = facts.free_bytes.find(path);
  if (free != facts.free_bytes.end() && free->second < bytes)
    refuse(in_quotes(path) + " needs " + format_size(bytes) + " and " + format_size(free->second) + " are free; make room there");
  const auto inodes = facts.free_inodes.find(path);
  if (inodes != facts.free_inodes.end() && inodes->second < kInodes)
    refuse(in_quotes(path) + " needs " + std::to_string(kInodes) + " inodes and " + std::to_string(inodes->second) +
           " are free (df -i); remove small files from its file system");
}

// Also where the folder of it cannot.
void refuse_fixed(const HostFacts& facts, const std::string& path) {
  for (Path each = path; each.has_relative_path(); each = each.parent_path())
    if (facts.fixed.contains(each.native()))
      refuse(in_quotes(each.native()) + " has to change and cannot: it is immutable or append-only (take that away by chattr -i -a), or mounted read-only");
}

void refuse_fixed_files(const HostFacts& facts, const Plan& plan) {
  for (const std::vector<DesiredFile>* files : {&plan.programs, &plan.settings, &plan.units})
    for (const DesiredFile& file : *files) refuse_fixed(facts, file.path);
  for (const std::vector<DesiredFolder>* folders : {&plan.folders, &plan.keys})
    for (const DesiredFolder& folder : *folders) refuse_fixed(facts, folder.path);
  for (const Service& service : plan.certificates) refuse_fixed(facts, certificate_file(service));
  if (plan.switches || plan.tidies) refuse_fixed(facts, std::string(kCurrentLink));
}

bool starts(const Plan& plan, const Service& service) {
  return std::any_of(plan.starts.begin(), plan.starts.end(), [&](const Service& each) { return each.program == service.program; });
}

void refuse_taken_port(const Host& host, const HostFacts& facts, const Plan& plan) {
  if (!facts.port_taker || !starts(plan, kDaemonService)) return;
  const PortTaker& taker = *facts.port_taker;
  const auto unit = facts.units.find(service_unit(kDaemonService));
  if (unit != facts.units.end() && taker.pid != 0 && unit->second.pid == taker.pid) return;     // it is stopped before ours begins
  const std::string who = taker.pid == 0 ? "another program" : in_quotes(printable(taker.program)) + " (pid " + std::to_string(taker.pid) + ")";
  refuse("its daemon is to listen at port " + std::to_string(host.storage.port) + ", which " + who + " has taken; end that, or set storage.port");
}

// A restart would start the same again.
void refuse_drop_ins(const HostFacts& facts, const Plan& plan) {
  for (const Service& service : plan.starts) {
    const auto unit = facts.units.find(service_unit(service));
    if (unit == facts.units.end() || unit->second.state != "active" || unit->second.stale || plan.reload) continue;
    const std::string set = what_drop_ins_set(unit->second);
    if (!set.empty() && !facts.processes.contains(std::string(service.program)))
      refuse(service_unit(service) + " runs another program than the one that install brings: " + set +
             "; take that out, and run it again after systemctl daemon-reload");
  }
}

}  // namespace

void refuse_unfit_host(const Host& host, const HostFacts& facts, const Release& release, Time now) {
  if (host.is_local()) return;
  if (facts.uid != 0) refuse("the login is not root (uid " + std::to_string(facts.uid) + "); set become = true or give -b for sudo, or set user = \"root\"");
  if (host.supervise == Supervise::systemd && facts.init != "systemd")
    refuse("systemd is to keep its programs running and its process 1 is " + in_quotes(facts.init) + "; set supervise = \"process\"");
  refuse_clock(facts, now);
  refuse_programs(facts, release);
}

void refuse_anothers_host(const HostFacts& facts, const PublicKey& root) {
  const std::string theirs = facts.root_key();
  if (theirs.empty() || theirs == root.hex()) return;
  refuse("it belongs to another central, with the root key " + theirs.substr(0, kKeyShown) + "...; uninstall it from there (is --state the right one?), or, if that " +
         "one is gone for good, remove " + std::string(kSettingsFolder) + " on the host");
}

void refuse_anothers_disk(const Host& host, const HostFacts& facts, const std::optional<HostId>& id) {
  if (!host.has_role(HostRole::storage) || !facts.has_marker || (id && facts.marker == id->hex())) return;
  const std::string file = host.root + std::string(kHostIdFile);
  if (!HostId::parse(facts.marker))
    refuse("the marker " + in_quotes(host.root + host.storage.path + "/.sparekeep-storage") + " does not hold the id of a host, but " +
           in_quotes(printable(facts.marker)) + "; if what lies there is this host's, write its id " + (id ? in_quotes(id->hex()) + " " : "") +
           "into it; else mount its own disk there, or name another storage.path");
  refuse("the storage folder " + in_quotes(host.storage.path) + " is that of host id " + in_quotes(printable(facts.marker)) + "; if this is that host, made anew, " +
         "write that id into " + in_quotes(file) + " and run it again; else mount its own disk there, or name another storage.path");
}

void refuse_unfit_places(const Host& host, const HostFacts& facts, const Release& release, const Plan& plan) {
  uint64_t bytes = 0;
  for (const DesiredFile& file : plan.programs) bytes += release.files.at(Path(file.path).filename()).size;
  if (bytes > 0) refuse_place(facts, kProgramsFolder, bytes + kRoomBeside);
  if (bytes > 0 && !facts.noexec.empty()) refuse("no program can be run from " + in_quotes(facts.noexec) + ", which is mounted noexec; mount it with exec");
  if (!plan.settings.empty() || !plan.units.empty() || !plan.links.empty()) refuse_place(facts, kSettingsFolder, kRoomForSmallFiles);
  if (!plan.certificates.empty() || !plan.folders.empty()) refuse_place(facts, kStateFolder, kRoomForSmallFiles);
  refuse_fixed_files(facts, plan);
  refuse_taken_port(host, facts, plan);
  refuse_drop_ins(facts, plan);
}

}  // namespace sparekeep::central
