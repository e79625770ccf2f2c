#include "agent/backup/content_stream.h"

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

ContentStream::ContentStream(const GearTable& table, ChunkSizes sizes, Emit emit)
    : sizes_(sizes), emit_(std::move(emit)), small_(table, sizes), large_(table, sizes), buffer_(kReadSize) {}

void ContentStream::Lane::push(ByteSpan bytes, ContentStream& stream, std::vector<ContentRef>& content) {
  while (!bytes.empty()) {
    if (chunk_.empty()) begin(stream);
    const Splitter::Scan scan = splitter_.scan(bytes);
    add_reference(content, {ticket_, static_cast<uint32_t>(chunk_.size()), static_cast<uint32_t>(scan.taken)});
    append(chunk_, bytes.first(scan.taken));
    bytes = bytes.subspan(scan.taken);
    if (scan.cut) cut(stream);
  }
}

void ContentStream::Lane::begin(ContentStream& stream) {
  ticket_ = stream.next_ticket_++;
  chunk_.reserve(stream.sizes_.maximum);          // what is not written to takes no memory
}

void ContentStream::Lane::cut(ContentStream& stream) {
  splitter_.reset();
  if (chunk_.empty()) return;
  chunk_ = stream.emit_(ticket_, std::exchange(chunk_, {}));
}

Result<ContentStream::Read> ContentStream::read_into(Lane& lane, const ReadBytes& bytes_of) {
  Read read;
  ContentHasher hasher;
  while (true) {
    const Result<size_t> got = bytes_of(buffer_);
    if (!got) return got.error();
    if (*got == 0) break;
    const ByteSpan bytes = ByteSpan(buffer_).first(*got);
    hasher.update(bytes);
    read.bytes += bytes.size();
    lane.push(bytes, *this, read.content);
  }
  read.hash = hasher.finish();
  return read;
}

Result<ContentStream::Read> ContentStream::add(SourceContent& source, uint64_t expected_bytes) {
  const auto bytes_of = [&source](MutableSpan to) { return source.read(to); };
  return expected_bytes < sizes_.minimum ? read_into(small_, bytes_of) : add(bytes_of);
}

Result<ContentStream::Read> ContentStream::add(const ReadBytes& bytes_of) {
  Result<Read> read = read_into(large_, bytes_of);
  large_.cut(*this);
  return read;
}

void ContentStream::flush_small() { small_.cut(*this); }

}  // namespace sparekeep::agent
