// The content of one file that begins chunks of its own: what the vault has of it is recognised, the rest is cut. Both give the same chunks.
#pragma once

#include <vector>

#include "agent/backup/chunk_recogniser.h"
#include "agent/backup/cut_chunk.h"
#include "lib/vault/manifest_entry.h"
#include "lib/vault/splitter.h"

namespace sparekeep::agent {

class LargeContent {
 public:
  // `recogniser` may be null. Tickets are given out in the order of the chunks, by `next_ticket`, which others may move, too.
  LargeContent(const GearTable& table, ChunkSizes sizes, ChunkRecogniser* recogniser, CutChunkSink& sink, Ticket& next_ticket)
      : sizes_(sizes), recogniser_(recogniser), sink_(sink), next_ticket_(next_ticket), splitter_(table, sizes) {}

  size_t wanted() const;                      // so many bytes at most decide something: what is read beyond has to be moved. At least 1
  void push(ByteSpan bytes, std::vector<ContentRef>& content);
  void finish(std::vector<ContentRef>& content);   // the end of the file; the next byte is another one's

 private:
  size_t missing() const;
  size_t gather(ByteSpan bytes, std::vector<ContentRef>& content);
  size_t cut_from(ByteSpan bytes, std::vector<ContentRef>& content);
  bool decide(std::vector<ContentRef>& content);
  void recognise(std::vector<ContentRef>& content);
  bool cut(std::vector<ContentRef>& content);
  void emit(size_t length, bool recurs, std::vector<ContentRef>& content);

  const ChunkSizes sizes_;
  ChunkRecogniser* const recogniser_;
  CutChunkSink& sink_;
  Ticket& next_ticket_;
  Splitter splitter_;
  Bytes bytes_;                               // from the beginning of a chunk on
  size_t scanned_ = 0;                        // of these, by the splitter
  bool looked_up_ = false;
  std::vector<ChunkMark> candidates_;         // that it may be, by their length; none: it is cut
};

}  // namespace sparekeep::agent
