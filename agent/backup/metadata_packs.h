// Manifest and table chunks of the snapshot that is being made, in metadata packs. A chunk that the previous snapshot had is
// used where it lies.
#pragma once

#include <unordered_set>

#include "agent/backup/uploader.h"
#include "lib/vault/compressor.h"
#include "lib/vault/chunk_id.h"

namespace sparekeep::agent {

class MetadataPacks {
 public:
  // `places`: chunks of the previous snapshot; `packs`: its metadata packs, by number.
  MetadataPacks(const PackSettings& settings, const MetadataKeys& keys, const SigningKey& signer, Random& random, Uploader& uploader);
  void reuse(const std::vector<ChunkRef>& places, std::vector<PackEntry> packs, const std::unordered_set<PackId>& given_up);

  size_t put(ByteSpan plain);                     // a ticket for reference()
  void flush();                                   // hands the last pack to the uploader
  void set_pack(const StoredPack& pack);          // its shards have their places

  // After flush() and set_pack() of every pack.
  const ChunkRef& reference(size_t ticket) const;
  PackList packs_in_use() const;                  // numbers as in the references

 private:
  ChunkNamer namer_;
  Compressor compressor_;
  PackWriter writer_;
  Uploader& uploader_;
  std::vector<ChunkRef> references_;
  std::unordered_map<ChunkId, ChunkRef> known_;
  std::unordered_map<ChunkId, std::vector<size_t>> waiting_;   // tickets whose pack is not stored yet
  PackList packs_;
};

}  // namespace sparekeep::agent
