#include "installer/central/intake_room.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

void IntakeRoom::take_vault(const HostId& owner, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  OwnedAmount& owned = owned_by(owner);
  if (owned.vaults >= limits_.vaults_max) refuse(owner, "it has " + std::to_string(owned.vaults) + " vaults at the central, which is the most");
  check(owner, owned, bytes);
  owned.vaults += 1, owned.bytes += bytes;
}

void IntakeRoom::take(const HostId& owner, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  OwnedAmount& owned = owned_by(owner);
  check(owner, owned, bytes);
  owned.bytes += bytes;
}

OwnedAmount& IntakeRoom::owned_by(const HostId& owner) {
  const auto known = owned_.find(owner);
  return known != owned_.end() ? known->second : owned_.emplace(owner, catalogue_.owned_by(owner)).first->second;
}

void IntakeRoom::check(const HostId& owner, const OwnedAmount& owned, uint64_t bytes) {
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0) throw system_error("asking for space below " + in_quotes(folder_.native()), errno);
  const uint64_t size = uint64_t{disk.f_blocks} * disk.f_frsize, available = uint64_t{disk.f_bavail} * disk.f_frsize;
  const uint64_t most = std::min(limits_.bytes_max, size / limits_.bytes_part), kept = std::min(limits_.kept_free, size / limits_.kept_part);
  if (owned.bytes + bytes > most) refuse(owner, "it has " + format_size(owned.bytes) + " at the central, and " + format_size(most) + " is the most");
  if (available >= kept + bytes) return;
  refuse({}, "the central's disk is nearly full: " + format_size(available) + " available below " + in_quotes(folder_.native()) + ", of which " +
                 format_size(kept) + " are kept for reports; make room there");
}

void IntakeRoom::refuse(const HostId& whose, const std::string& why) {
  const std::string who = whose.is_zero() ? "" : "host " + whose.hex() + ": ";
  if (said_.insert(whose).second) log_warning("nothing more is taken from hosts: " + who + why);
  throw Error(ErrorKind::no_space, who + why);
}

}  // namespace sparekeep::central
