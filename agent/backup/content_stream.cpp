#include "agent/backup/content_stream.h"

#include <algorithm>

namespace sparekeep::agent {

namespace {

constexpr size_t kReadSize = 1 << 20;

// The next piece goes behind the last one where it can: a file that lies in one chunk has one reference.
void add_reference(std::vector<ContentRef>& content, const ContentRef& piece) {
  if (!content.empty() && content.back().chunk == piece.chunk && content.back().offset + content.back().length == piece.offset)
    content.back().length += piece.length;
  else
    content.push_back(piece);
}

}  // namespace

ContentStream::ContentStream(const GearTable& table, ChunkSizes sizes, ChunkRecogniser* recogniser, CutChunkSink& sink)
    : sizes_(sizes), sink_(sink), small_(table, sizes), large_(table, sizes, recogniser, sink, next_ticket_), buffer_(kReadSize) {}

void ContentStream::Small::push(ByteSpan bytes, ContentStream& stream, std::vector<ContentRef>& content) {
  while (!bytes.empty()) {
    if (chunk_.empty()) begin(stream);
    const Splitter::Scan scan = splitter_.scan(bytes);
    add_reference(content, {ticket_, static_cast<uint32_t>(chunk_.size()), static_cast<uint32_t>(scan.taken)});
    append(chunk_, bytes.first(scan.taken));
    bytes = bytes.subspan(scan.taken);
    if (scan.cut) cut(stream);
  }
}

void ContentStream::Small::begin(ContentStream& stream) {
  ticket_ = stream.next_ticket_++;
  chunk_.reserve(stream.sizes_.maximum);          // what is not written to takes no memory
}

void ContentStream::Small::cut(ContentStream& stream) {
  splitter_.reset();
  if (chunk_.empty()) return;
  chunk_ = stream.sink_.chunk({ticket_, std::exchange(chunk_, {}), false});
}

template <typename Wanted, typename Push>
Result<ContentStream::Read> ContentStream::read_all(const ReadBytes& bytes_of, const Wanted& wanted, const Push& push) {
  Read read;
  ContentHasher hasher;
  while (true) {
    const Result<size_t> got = bytes_of(MutableSpan(buffer_).first(std::min(kReadSize, wanted())));
    if (!got) return got.error();
    if (*got == 0) break;
    const ByteSpan bytes = ByteSpan(buffer_).first(*got);
    hasher.update(bytes);
    read.bytes += bytes.size();
    push(bytes, read.content);
  }
  read.hash = hasher.finish();
  return read;
}

Result<ContentStream::Read> ContentStream::add(SourceContent& source, uint64_t expected_bytes) {
  const auto bytes_of = [&source](MutableSpan to) { return source.read(to); };
  if (expected_bytes >= sizes_.minimum) return add(bytes_of);
  return read_all(bytes_of, [] { return kReadSize; }, [this](ByteSpan bytes, std::vector<ContentRef>& content) { small_.push(bytes, *this, content); });
}

Result<ContentStream::Read> ContentStream::add(const ReadBytes& bytes_of) {
  Result<Read> read = read_all(
      bytes_of, [this] { return large_.wanted(); }, [this](ByteSpan bytes, std::vector<ContentRef>& content) { large_.push(bytes, content); });
  std::vector<ContentRef> nowhere;
  large_.finish(read ? read->content : nowhere);
  return read;
}

void ContentStream::flush_small() { small_.cut(*this); }

}  // namespace sparekeep::agent
