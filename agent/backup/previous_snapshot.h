// What a host remembers of the last snapshot of a job: manifest, chunk table, pack lists. It makes the next backup incremental and
// is nothing but a memory: without it, or when it is damaged, it is made again from what systems hold (agent/backup/last_snapshot.h).
#pragma once

#include <optional>
#include <set>

#include "lib/base/files.h"
#include "lib/vault/chunk_table.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::agent {

struct SnapshotMemory {
  SnapshotId snapshot;
  Time began;                                     // of the walk that it holds
  std::vector<PackEntry> data_packs, metadata_packs;
  std::vector<ChunkRef> rows;                     // the chunk table, by number
  std::vector<ManifestKey> manifest;              // keys and places of the manifest chunks, in order
  std::vector<ChunkRef> table;                    // places of the table chunks
  std::set<HostId> away;                          // systems that failed in that backup
};

// JOB.snapshot (the above) and JOB.SNAPSHOT.manifest (plain manifest chunks, each behind its length) below the vault's folder, 0600. The manifest
// is durable before JOB.snapshot names its snapshot in one step, so that whatever is cut off the memory is that of before or the new one, whole.
class SnapshotCache {
 public:
  SnapshotCache(const Path& folder, const JobId& job);

  Result<std::optional<SnapshotMemory>> load();   // nothing: there is none yet. corrupt, unsupported, or what the file system says
  void each_other(const std::function<void(const SnapshotMemory&)>& take) const;   // of the vault's other jobs
  Result<void> check_manifest(const SnapshotMemory& memory) const;    // is it there, with chunks of the right lengths? Their bytes are checked when read
  ManifestReader open_manifest(const SnapshotMemory& memory) const;   // goes forward only: one seek at most, before anything is read

  // While a backup runs its manifest chunks are written beside; save() puts both in place after the commit. Where one of them cannot be
  // written save() says so, and the memory stays that of the snapshot before.
  void begin();
  void add_manifest_chunk(ByteSpan plain);
  Result<void> save(const SnapshotMemory& memory);

 private:
  Path manifest_file(const SnapshotId& snapshot) const;
  void remove_manifests_but(const Path& kept) const;

  Path folder_;
  std::string job_;
  Path snapshot_file_, new_manifest_file_;
  Descriptor new_manifest_;
  Result<void> written_;
};

}  // namespace sparekeep::agent
