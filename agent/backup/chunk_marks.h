// By what chunks of large files are recognised before they are cut and named: a keyed hash of their bytes (lib/crypt/mac.h, Gmac), at a quarter of the
// cost. What begins as a chunk of before did, and has the same hash over its length, is that chunk: the splitter would cut it there, too, since where
// it cuts depends on the bytes from the chunk's beginning on. A memory, no truth: without it, or where a page of it is torn, chunks are cut and named.
//
// A file of the vault's folder, 0600, beside the vault's keys; the key of the hash stands in it and nowhere else. A hash table of buckets of four marks.
#pragma once

#include <mutex>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/random.h"
#include "lib/crypt/mac.h"
#include "lib/vault/types.h"

namespace sparekeep::agent {

struct ChunkMark {
  uint64_t beginning = 0;                // of its first kBeginning bytes (beginning_of)
  uint32_t length = 0;                   // bytes of the chunk
  GmacTag tag;                           // of all of them
  ChunkId id;
};

class ChunkMarks {
 public:
  static constexpr size_t kBeginning = 4096;                 // bytes; a chunk has more
  static uint64_t beginning_of(ByteSpan chunk);

  // Opens FOLDER/chunk-marks, or makes it, with room for twice so many chunks; it grows as it fills. Where that cannot be (a full disk, say) it knows none.
  ChunkMarks(const Path& folder, size_t chunks, Random& random);

  bool usable() const { return usable_; }                    // it could be opened
  const Secret& key() const { return key_; }                 // 32 bytes where it is usable
  // Those that begin so, the shortest first. Any thread.
  std::vector<ChunkMark> find(uint64_t beginning) const;
  void put(const ChunkMark& mark);                           // in the place of one that begins so and is as long, or of any when there is no room

 private:
  Result<void> open(size_t chunks, Random& random);
  Result<void> make(uint32_t buckets);
  Result<void> grow(uint32_t buckets);
  Result<void> replace(const Descriptor& before, uint32_t buckets);
  void take_over(int before, uint32_t buckets);
  void put_in_file(const ChunkMark& mark);
  uint64_t place_of(uint64_t beginning) const;               // of its bucket in the file

  const Path folder_;
  Descriptor file_;
  uint32_t buckets_ = 0;
  Secret key_;
  bool usable_ = false;
  uint32_t overflows_ = 0;                                   // marks that took the place of one that begins otherwise, since it was opened or grew
  mutable std::mutex mutex_;                                 // over the file
};

}  // namespace sparekeep::agent
