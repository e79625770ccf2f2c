#include "installer/install/fitness.h"

#include "installer/install/packed_program.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr Duration kClockMax = std::chrono::hours(1);
constexpr uint64_t kRoomBeside = 64 << 20;             // free bytes that must be left after the programs
constexpr size_t kKeyShown = 12;                       // digits of a key, enough to tell it from others
constexpr uint64_t kRoomForSmallFiles = 1 << 20;

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
  if (facts.read_only.contains(path)) refuse(in_quotes(path) + " cannot be written to: its file system is mounted read-only, or its owner is somebody else");
  const auto free = facts.free_bytes.find(path);
  if (free != facts.free_bytes.end() && free->second < bytes)
    refuse(in_quotes(path) + " needs " + format_size(bytes) + " and " + format_size(free->second) + " are free; make room there");
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
  refuse("the storage folder " + in_quotes(host.storage.path) + " is that of host id " + in_quotes(printable(facts.marker)) + "; if this is that host, made anew, " +
         "write that id into " + in_quotes(file) + " and run it again; else mount its own disk there, or name another storage.path");
}

void refuse_unfit_places(const HostFacts& facts, const Release& release, const Plan& plan) {
  uint64_t bytes = 0;
  for (const DesiredFile& file : plan.programs) bytes += release.files.at(Path(file.path).filename()).size;
  if (bytes > 0) refuse_place(facts, kProgramsFolder, bytes + kRoomBeside);
  if (bytes > 0 && !facts.noexec.empty()) refuse("no program can be run from " + in_quotes(facts.noexec) + ", which is mounted noexec; mount it with exec");
  if (!plan.settings.empty() || !plan.units.empty() || !plan.links.empty()) refuse_place(facts, kSettingsFolder, kRoomForSmallFiles);
  if (!plan.certificates.empty() || !plan.folders.empty()) refuse_place(facts, kStateFolder, kRoomForSmallFiles);
}

}  // namespace sparekeep::central
