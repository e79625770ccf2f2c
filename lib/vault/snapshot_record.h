// The snapshot record: what makes a snapshot. Three parts, signed together by the vault's signer (docs/format.md, "Snapshot
// record"): public (needs no key), second metadata (sealed to the central and the recovery keys), vault part (metadata key).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/crypt/sealing.h"
#include "lib/crypt/signature.h"
#include "lib/vault/types.h"
#include "lib/vault/vault_keys.h"

namespace sparekeep {

constexpr size_t kRecordBytesMax = 32 << 20;
constexpr size_t kSecondMetadataBytesMax = 4 << 20;
constexpr size_t kRecordRecipientsMax = 64;
constexpr uint32_t kManifestChunksMax = 1u << 18;
constexpr uint32_t kTableChunksMax = 1u << 16;

struct SnapshotState {
  bool partial = false;                   // some source files could not be read
  bool degraded = false;                  // redundancy is below what was declared
  bool checkpoint = false;                // no snapshot: it only keeps packs
  bool operator==(const SnapshotState&) const = default;
};

// "complete", "partial" or "degraded": of several the one with the weightier exit code. Of a checkpoint nobody asks.
std::string_view name_of(const SnapshotState& state);

struct PackListRoot {
  uint32_t packs = 0;                     // entries of the list, unused ones included
  std::vector<Digest> blocks;             // ceil(packs / kPackListRows)
  bool operator==(const PackListRoot&) const = default;
};

struct PublicSection {
  VaultId vault;
  uint32_t epoch = 1;
  SnapshotId snapshot;
  uint32_t revision = 1;
  uint64_t sequence = 0;                  // counts the records of a vault
  Digest previous;                        // digest of the record before it in the vault; zero for the first
  HostId host;
  JobId job;
  RunId run;
  Time began, ended;
  Time hold_until;                        // zero: none
  SnapshotState state;
  PackListRoot data_packs, metadata_packs;
  bool operator==(const PublicSection&) const = default;
};

struct ManifestKey {
  std::string first_path;
  ChunkRef chunk;                         // in the metadata packs
  bool operator==(const ManifestKey&) const = default;
};

struct VaultPart {
  uint64_t entries = 0;
  uint64_t file_bytes = 0;                // sizes of regular files, hard links once
  uint32_t table_rows = 0;
  std::vector<ManifestKey> manifest;      // in path order
  std::vector<ChunkRef> table;            // ceil(table_rows / kTableRows), in the metadata packs
  bool operator==(const VaultPart&) const = default;
};

struct SnapshotDraft {                    // what a record is written from
  PublicSection public_section;
  std::string second;                     // JSON
  std::vector<RecipientKey> recipients;   // of the second metadata; 1 .. kRecordRecipientsMax
  VaultPart vault_part;
};

// Everything a record says about places is what the writer put in; the record is whole in memory.
Bytes write_snapshot_record(const SnapshotDraft& draft, const MetadataKeys& keys, const SigningKey& signer, Random& random);

class SnapshotRecord {
 public:
  SnapshotRecord(SnapshotRecord&&) = default;                      // not copyable: it points into itself
  SnapshotRecord& operator=(SnapshotRecord&&) = default;

  // Form and signature, in this order: corrupt, unsupported. Whether `signer` is the right one, the vault's descriptor says.
  static Result<SnapshotRecord> read(Bytes object, const PublicKey& signer);

  // Form alone: what a daemon reads to learn which vault's signer to ask. Nothing in it is to be believed yet.
  static Result<PublicSection> parse_public(ByteSpan object);

  const PublicSection& public_section() const { return public_section_; }
  const Digest& digest() const { return digest_; }                 // SHA-256 of all bytes
  const Bytes& object() const { return object_; }

  const std::vector<RecipientKey>& second_recipients() const { return recipients_; }
  Result<std::string> open_second(const OpeningKey& key) const;    // JSON; denied when it is sealed to others; corrupt
  Result<VaultPart> open_vault_part(const MetadataKeys& keys) const;  // denied for another vault's key or altered bytes; corrupt

 private:
  SnapshotRecord() = default;
  Bytes object_;
  PublicSection public_section_;
  Digest digest_;
  std::vector<RecipientKey> recipients_;
  ByteSpan public_bytes_, second_bytes_, vault_bytes_;              // in object_, which moves leave in its place
};

// The name of a record on a daemon, "SNAPSHOT.REVISION", both ways.
std::string record_name(const SnapshotId& snapshot, uint32_t revision);
struct RecordName {
  SnapshotId snapshot;
  uint32_t revision = 0;
};
Result<RecordName> parse_record_name(std::string_view name);

}  // namespace sparekeep
