// From the contents of files to chunks: the stream of docs/format.md, "Chunks". Files below the chunk minimum share the stream of
// small files; a longer one begins chunks of its own. Each chunk has a ticket, given out when its first byte comes (of a small file, which can say
// where its content will be before the chunk is cut) or its last one.
#pragma once

#include <functional>

#include "agent/backup/large_content.h"
#include "agent/source/content.h"
#include "lib/vault/content_hash.h"

namespace sparekeep::agent {

class ContentStream {
 public:
  ContentStream(const GearTable& table, ChunkSizes sizes, ChunkRecogniser* recogniser, CutChunkSink& sink);
  ContentStream(const ContentStream&) = delete;   // its parts know where it lies

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
  class Small {                               // the chunk under way that small files share
   public:
    Small(const GearTable& table, ChunkSizes sizes) : splitter_(table, sizes) {}
    void push(ByteSpan bytes, ContentStream& stream, std::vector<ContentRef>& content);
    void cut(ContentStream& stream);

   private:
    void begin(ContentStream& stream);
    Splitter splitter_;
    Bytes chunk_;
    Ticket ticket_ = 0;
  };
  template <typename Wanted, typename Push>
  Result<Read> read_all(const ReadBytes& bytes_of, const Wanted& wanted, const Push& push);

  const ChunkSizes sizes_;
  CutChunkSink& sink_;
  Ticket next_ticket_ = 0;
  Small small_;
  LargeContent large_;
  Bytes buffer_;
};

}  // namespace sparekeep::agent
