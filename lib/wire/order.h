// What the central tells an agent to do, signed by an admin's key. GET /v1/orders?wait=SECONDS, role agent.
//
// The order travels as the exact text that was signed; the agent checks the signature over that text (domain
// kOrderDomain) against the admin keys of the delegation before it parses it, then host, expiry, and that the run is new.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace sparekeep {

constexpr std::string_view kOrderDomain = "sparekeep order v1";

struct SignedOrder {
  std::string text;                  // JSON of Order
  std::string key;                   // hex of the admin's public key; empty: unsigned
  std::string signature;             // hex
};

struct Privileges {
  std::vector<std::string> restore;  // "user:alice", "group:web", "host:web2"
  std::vector<std::string> run;
};

struct Hook {
  std::string run;                   // a line for /bin/sh -c
  std::string user;                  // empty: the agent's own (root on real hosts)
};

struct CommandSource {               // what it prints is a file of the snapshot
  std::string name;                  // of the file, in kCommandsFolder
  std::string run;                   // a line for /bin/sh -c
  std::string user;                  // as a hook's
};

// No folder of a host is meant: one of this name there is backed up like any other, but for what would lie at a command's path.
constexpr std::string_view kCommandsFolder = "/sparekeep-commands";
inline std::string path_of(const CommandSource& command) { return std::string(kCommandsFolder) + "/" + command.name; }

struct BackupOrder {
  std::vector<std::string> paths;    // absolute
  std::vector<std::string> exclude;  // lib/base/path_glob.h
  std::vector<std::string> exclude_files;        // on the host: more patterns, behind those
  std::vector<std::string> exclude_if_present;   // names of files: of a folder that holds one nothing else
  bool exclude_caches = false;       // the same for CACHEDIR.TAG
  uint64_t exclude_larger_than = 0;  // bytes of a file; 0: any
  bool one_file_system = false;
  int data = 0, parity = 0;          // layout; copies = n is data 1, parity n - 1
  std::string compression = "auto";  // auto, off, zstd:N
  Privileges privileges;
  std::vector<Hook> before, after;
  std::vector<CommandSource> commands;           // each of another name
};

struct LeftOut {                     // what a snapshot lacks because its backup was told so: BackupOrder
  std::vector<std::string> exclude, exclude_if_present;
  bool exclude_caches = false;
  uint64_t exclude_larger_than = 0;
  bool one_file_system = false;
  bool exclude_files = false;        // by patterns of files that its host has
};

struct RestoreOrder {
  VaultId vault;
  SnapshotId snapshot;
  HostId source_host;
  std::string key_box;               // base64: the vault key sealed to the agent (kRestoreKeyDomain); empty: the agent's own vault
  std::string path;                  // SNAPSHOT:PATH; empty: whole paths below target
  std::vector<std::string> include, exclude;
  std::string target;                // absolute
  std::string overwrite = "changed"; // always, changed, never
  bool delete_extra = false;
  LeftOut left_out;                  // of the snapshot: no reason to delete it
  bool numeric_owner = false;
  bool check_only = false;           // say what would be done, write nothing
  bool verify = true;                // read back what was written, and compare
};

struct ReachTarget {
  HostId id;
  std::string name;                  // of the host, for people
  std::string address;
  uint16_t port = 0;
};

struct ReachOrder {                  // does this host reach these daemons? Each that it does not is an error of the run
  std::vector<ReachTarget> systems;
};

constexpr std::string_view kRestoreKeyDomain = "sparekeep restore key v1";

// Associated data of key_box: the domain, a zero byte, then run id and snapshot id.
inline Bytes restore_key_associated(const RunId& run, const SnapshotId& snapshot) {
  ByteWriter writer;
  writer.raw(as_bytes(kRestoreKeyDomain)), writer.u8(0), writer.raw(run.bytes()), writer.raw(snapshot.bytes());
  return writer.take();
}

// Who does not know a member of an order ignores it. An order that would then be another one has the format from which on the member is known, so
// that an older agent refuses it; every other one has format 1. 2: `commands`, what `exclude` alone does not say, and `left_out`.
constexpr int kOrderFormatMax = 2;
int order_format(const BackupOrder& order);

struct Order {
  int format = 1;
  std::string kind;                  // "backup", "restore" or "reach"
  RunId run;
  JobId job;
  HostId host;                       // whom it is for
  std::string host_name, job_name, playbook;
  Time issued, expires;
  BackupOrder backup;
  RestoreOrder restore;
  ReachOrder reach;
};

LeftOut left_out_of(const BackupOrder& order);
void set_left_out(Order& order, const LeftOut& left_out);   // of a restore; its format, too

}  // namespace sparekeep
