// What comes out of the reading of contents, and who takes it.
#pragma once

#include "lib/vault/types.h"

namespace sparekeep::agent {

using Ticket = uint32_t;

struct CutChunk {
  Ticket ticket = 0;
  Bytes bytes;
  bool recurs = false;                    // of a large file, and cut by its content: where the same bytes come again they are this chunk again
};

class CutChunkSink {                         // takes chunks in an order of its own, each ticket once; waits when it is full
 public:
  virtual ~CutChunkSink() = default;
  virtual Bytes chunk(CutChunk chunk) = 0;                                           // gives an empty buffer for the next one
  virtual void stored_chunk(Ticket ticket, const ChunkId& id, uint32_t length) = 0;  // that the vault has: it was recognised
};

}  // namespace sparekeep::agent
