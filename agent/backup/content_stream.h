// From the contents of files to chunks: the stream of docs/format.md, "Chunks". Files below the chunk minimum share the stream of
// small files; a longer one begins chunks of its own. Each chunk has a ticket, given out when its first byte comes: an entry can
// say where its content will be before the chunk is cut.
#pragma once

#include <functional>

#include "agent/source/content.h"
#include "lib/vault/manifest_entry.h"
#include "lib/vault/splitter.h"

namespace sparekeep::agent {

using Ticket = uint32_t;

class ContentStream {
 public:
  // Takes finished chunks, in an order of its own (each ticket once); the bytes are the taker's, who gives an empty buffer in return.
  using Emit = std::function<Bytes(Ticket ticket, Bytes chunk)>;

  ContentStream(const GearTable& table, ChunkSizes sizes, Emit emit);

  struct Read {
    ContentHash hash;
    std::vector<ContentRef> content;          // `chunk` is a ticket
    uint64_t bytes = 0;
  };
  // The whole content of one file. An error leaves what was read of it in the stream, where nothing refers to it.
  Result<Read> add(SourceContent& source, uint64_t expected_bytes);

  // A content of which nobody knows yet how long it is.
  using ReadBytes = std::function<Result<size_t>(MutableSpan to)>;        // 0: the end
  Result<Read> add(const ReadBytes& read);

  void flush_small();                         // cuts the stream of small files here
  void finish() { flush_small(); }

 private:
  class Lane {                                // one chunk under way
   public:
    Lane(const GearTable& table, ChunkSizes sizes) : splitter_(table, sizes) {}
    void push(ByteSpan bytes, ContentStream& stream, std::vector<ContentRef>& content);
    void cut(ContentStream& stream);

   private:
    void begin(ContentStream& stream);
    Splitter splitter_;
    Bytes chunk_;
    Ticket ticket_ = 0;
  };
  Result<Read> read_into(Lane& lane, const ReadBytes& bytes_of);

  const ChunkSizes sizes_;
  const Emit emit_;
  Lane small_, large_;
  Ticket next_ticket_ = 0;
  Bytes buffer_;
};

}  // namespace sparekeep::agent
