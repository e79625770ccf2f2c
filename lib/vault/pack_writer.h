// Makes packs: takes compressed chunks with their ids, seals them, lays them out, encodes parity, signs the header, and then
// proves the result before giving it out: every sealed chunk and the directory are opened and compared with what went in (a chunk
// by its hash), and the data is rebuilt from the worst m losses and compared.
//
// Memory: one pack and its parity (none with k = 1: copies are one span). The buffers of a sealed pack go back to the writer when it ends.
#pragma once

#include <memory>
#include <vector>

#include "lib/base/spare_buffers.h"
#include "lib/base/random.h"
#include "lib/vault/compressor.h"
#include "lib/vault/pack_seal.h"
#include "lib/vault/shard.h"

namespace sparekeep {

struct PackSettings {
  VaultId vault;
  uint32_t epoch = 1;
  PackKind kind = PackKind::data;
  Layout layout;                                      // a small pack falls back to {1, m} (docs/format.md, "Length")
  uint64_t target = kPackTarget;                      // bytes at which it is full(), a quarter more or less
};

struct SealedShard {
  Bytes head;
  ByteSpan payload;                                   // of the pack that holds this shard; lives as long as it does
};

struct PackBuffers {
  static constexpr size_t kKeptMax = 4;               // one that is filled, one that is sealed, and those that are sent
  SpareBuffers packs{kKeptMax}, parities{kKeptMax};
};

// The bytes behind a pack's payloads, and where they go when it ends. Movable: spans stay valid.
struct PackBytes {
  Bytes pack, parity;
  std::shared_ptr<PackBuffers> home;                  // null: they are freed

  PackBytes() = default;
  ~PackBytes();
  PackBytes(PackBytes&&) = default;
  PackBytes& operator=(PackBytes&& other) noexcept;
};

struct SealedPack : PackBytes {                       // finished and proven
  PackHeader header;
  Bytes header_object;
  std::vector<PackedChunk> chunks;                    // in the order in which they were added
  std::vector<SealedShard> shards;                    // by index, layout.count()
};

class PackWriter {                                    // not thread safe, but for seal()
 public:
  PackWriter(PackSettings settings, const PackKeys& keys, const SigningKey& signer, Random& random);   // all outlive it

  // Copies `compressed.bytes`; gives the chunk's place in the pack, which is final. Not when full(). close() proves that the pack holds
  // what `compressed.hash` was taken of.
  const PackedChunk& add(const ChunkId& id, uint32_t plain_length, const Compressor::Compressed& compressed);

  bool empty() const { return chunks_.empty(); }
  bool full() const;                                  // has about the target's length, and little padding; or the number of chunks
  uint64_t length() const { return pack_.size(); }    // bytes of sealed chunks so far

  // Seals and proves; the writer is empty afterwards. Throws corrupt when the proof fails (broken memory or processor):
  // nothing was given out. Not when empty().
  SealedPack close() { return seal(take()); }

  // The same in two steps: what was added, after which the writer takes the next pack's chunks; and the work, which any thread may do.
  struct Added {
    std::vector<PackedChunk> chunks;
    std::vector<uint64_t> hashes;                     // of the compressed chunks
    Digest content_digest;
    PackSalt salt;
    Bytes pack;
  };
  Added take();
  SealedPack seal(Added added) const;

 private:
  void begin_pack();
  void seal_pack(SealedPack& sealed) const;
  PackSettings settings_;
  const PackKeys* keys_;
  const SigningKey* signer_;
  Random* random_;
  ContentDigest content_;
  std::vector<PackedChunk> chunks_;
  std::vector<uint64_t> hashes_;
  Bytes pack_;
  std::shared_ptr<PackBuffers> buffers_ = std::make_shared<PackBuffers>();
};

}  // namespace sparekeep
