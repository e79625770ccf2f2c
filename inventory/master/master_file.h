// The master file: the storage systems and the space that each has available, signed by the central (docs/format.md,
// "Master file"). The chain is pinned root -> delegation -> master file's signer. Versions order by (epoch of the
// delegation, number): a new epoch beats any number.
#pragma once

#include <string>
#include <vector>

#include "inventory/master/delegation.h"
#include "lib/crypt/digest.h"

namespace sparekeep {

using MachineId = Id<struct MachineTag, 16>;           // digest of /etc/machine-id: tells hosts that share one machine

enum class SystemState : uint8_t { fresh = 1, up, late, offline, draining, undeclared };
std::string_view name_of(SystemState state);           // "new", "up", "late", ...
Result<SystemState> system_state_from(std::string_view name);

struct StorageSystem {
  HostId id;
  std::string name;
  MachineId machine;
  std::string address;                                 // where agents reach the daemon
  uint16_t port = 0;
  std::string zone;                                    // failure domain
  SystemState state = SystemState::fresh;
  uint64_t capacity_bytes = 0;
  uint64_t available_bytes = 0;                        // what may still be stored
  uint64_t stored_bytes = 0;
  Time reported;                                       // 0: never
  bool operator==(const StorageSystem&) const = default;
};

struct Writer {                                        // who besides its owner may write to a vault
  VaultId vault;
  HostId host;
  bool operator==(const Writer&) const = default;
};

struct MasterVersion {
  uint32_t epoch = 0;
  uint64_t number = 0;
  auto operator<=>(const MasterVersion&) const = default;
  std::string text() const;                            // "1.12"
};
Result<MasterVersion> master_version_from(std::string_view text);      // usage unless EPOCH.NUMBER

struct MasterFile {
  Bytes delegation_object;                             // the signed delegation as it is
  Delegation delegation;                               // the same, read
  uint64_t number = 0;
  Digest before;                                       // of the master file before it; zero for the first
  Time issued, expires;
  std::vector<StorageSystem> systems;                  // sorted by id, each once
  std::vector<Writer> writers;
  std::vector<std::string> revoked;                    // serials of certificates, hex
  Signature signature;                                 // filled in by read_master_file and sign_master_file

  MasterVersion version() const { return {delegation.epoch, number}; }
  const StorageSystem* find(const HostId& id) const;   // null where it is not listed
  bool is_revoked(std::string_view serial) const;
  bool may_write(const VaultId& vault, const HostId& host) const;      // beside the owner
};

struct MasterCopy {                                    // a verified master file and the bytes that it came in
  MasterFile file;
  Bytes object;
  Digest digest;                                       // SHA-256 of object
  bool newer_than(const MasterVersion& other) const { return file.version() > other; }
};

constexpr size_t kMasterSizeMax = 8 << 20;             // bytes
constexpr size_t kMasterSystemsMax = 16'384, kMasterWritersMax = 65'536, kMasterRevokedMax = 65'536;

// Signs; `delegation_object` must be there, and `signer` the key that it names. Sorts the systems by id. Throws corrupt for what
// no reader would take: impossible values, and more than the limits here.
MasterCopy sign_master_file(MasterFile file, const SigningKey& signer);

// Reads and verifies the whole chain. denied: another root. corrupt: form, signature, or impossible values (a system
// twice, more available than there is, port 0, an empty name). unsupported: a format of the future.
Result<MasterCopy> read_master_file(ByteSpan object, const PublicKey& pinned_root);

// Is there enough that is new for a version of its own? A system came or went, or another name, address, port, zone,
// machine or state; or available space or capacity changed by more than 1 % of the capacity, or crossed kFullBelow.
bool changed_enough(const std::vector<StorageSystem>& published, const std::vector<StorageSystem>& now);
constexpr uint64_t kFullBelow = 64 << 20;              // available bytes under which a system counts as full

}  // namespace sparekeep
