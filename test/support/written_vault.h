// A vault written the straight way, by one thread, with the writers of lib/vault alone: for tests of readers. Not a backup: no
// deduplication, no placement; shard i of each pack goes to stores[i + turn].
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/store/shard_store.h"
#include "lib/vault/descriptor.h"
#include "lib/vault/key_record.h"
#include "lib/vault/manifest_entry.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/pack_writer.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep {

struct TestFile {
  ManifestEntry entry;                               // content and hash are filled in
  Bytes stored;                                      // its stored bytes
};

struct VaultWriteOptions {
  Layout layout{2, 2};
  uint64_t pack_target = 1 << 20;
  ChunkSizes sizes{16 * 1024, 64 * 1024, 256 * 1024};
};

class WrittenVault {
 public:
  WrittenVault(uint64_t seed, const Clock& clock);

  SeededRandom random;
  const Clock& clock;
  const HostId host;
  const SigningKey signer;
  const VaultId vault;
  const OpeningKey recovery, host_key, central;
  const VaultKeys keys;
  VaultDescriptor descriptor;

  // Descriptor and key record to every store.
  void introduce(const std::vector<ShardStore*>& stores);

  // Files in path order. Everything is stored when it returns: the name of the record.
  SnapshotRecord write(std::vector<TestFile> files, const std::vector<ShardStore*>& stores, const VaultWriteOptions& options = {});

 private:
  uint64_t sequence_ = 0;
  Digest previous_;
};

// Files of many sizes under /data (empty, one byte, small ones, some of several chunks), a symlink, a hard link, a sparse file.
std::vector<TestFile> test_files(Random& random, size_t count);

}  // namespace sparekeep
