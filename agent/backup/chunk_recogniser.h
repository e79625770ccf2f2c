// Finds chunks again that the vault has, by their marks (agent/backup/chunk_marks.h). One thread's.
#pragma once

#include <optional>

#include "agent/backup/chunk_marks.h"
#include "agent/backup/chunk_numbers.h"

namespace sparekeep::agent {

struct StoredBefore {                   // what is not stored again; several threads look things up in it
  const ChunkNumbers& own;              // the job's last snapshot
  const KnownChunks& others;
  bool has(const ChunkId& id, uint32_t plain_length) const {
    if (const std::optional<uint32_t> held = own.held_length(id)) return *held == plain_length;
    const PackedChunk* chunk = others.find(id).chunk;
    return chunk && chunk->plain_length == plain_length;
  }
};

class ChunkRecogniser {
 public:
  ChunkRecogniser(const ChunkMarks& marks, StoredBefore stored) : marks_(marks), stored_(stored) {
    if (marks.usable()) gmac_.emplace(marks.key());
  }

  // Stored chunks that begin with the same ChunkMarks::kBeginning bytes, the shortest first. A mark of another length than its chunk's is wrong, and none.
  std::vector<ChunkMark> candidates(ByteSpan bytes) const {
    std::vector<ChunkMark> found = marks_.find(ChunkMarks::beginning_of(bytes));
    std::erase_if(found, [this](const ChunkMark& mark) { return !stored_.has(mark.id, mark.length); });
    return found;
  }
  bool is(const ChunkMark& mark, ByteSpan bytes) { return bytes.size() == mark.length && gmac_->of(bytes) == mark.tag; }

 private:
  const ChunkMarks& marks_;
  const StoredBefore stored_;
  std::optional<Gmac> gmac_;
};

}  // namespace sparekeep::agent
