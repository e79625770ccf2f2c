#include "agent/backup/large_content.h"

#include <algorithm>

namespace sparekeep::agent {

namespace {

constexpr size_t kFirstLook = 64 << 10;       // bytes: enough to look a chunk up, and little to move where it is another

}  // namespace

size_t LargeContent::wanted() const {
  if (missing() == 0) return SIZE_MAX;
  return candidates_.empty() ? kFirstLook : missing();
}

void LargeContent::push(ByteSpan bytes, std::vector<ContentRef>& content) {
  if (bytes_.capacity() < sizes_.maximum) bytes_.reserve(sizes_.maximum);          // what is not written to takes no memory
  while (!bytes.empty()) bytes = bytes.subspan(missing() > 0 ? gather(bytes, content) : cut_from(bytes, content));
}

// Bytes without which nothing can be decided; 0: the chunk is to be cut.
size_t LargeContent::missing() const {
  if (!candidates_.empty()) return candidates_.front().length - bytes_.size();
  return recogniser_ && !looked_up_ ? ChunkMarks::kBeginning - bytes_.size() : 0;
}

size_t LargeContent::gather(ByteSpan bytes, std::vector<ContentRef>& content) {
  const size_t taken = std::min(missing(), bytes.size());
  append(bytes_, bytes.first(taken));
  while (!bytes_.empty() && decide(content)) {}
  return taken;
}

size_t LargeContent::cut_from(ByteSpan bytes, std::vector<ContentRef>& content) {
  const Splitter::Scan scan = splitter_.scan(bytes);
  append(bytes_, bytes.first(scan.taken));
  scanned_ = bytes_.size();
  if (scan.cut) emit(scanned_, true, content);
  return scan.taken;
}

void LargeContent::finish(std::vector<ContentRef>& content) {
  candidates_.clear();
  while (cut(content)) {}
  if (!bytes_.empty()) emit(bytes_.size(), false, content);
  splitter_.reset();
}

// false: more bytes are needed.
bool LargeContent::decide(std::vector<ContentRef>& content) {
  if (recogniser_ && !looked_up_) {
    if (bytes_.size() < ChunkMarks::kBeginning) return false;
    candidates_ = recogniser_->candidates(bytes_);
    looked_up_ = true;
  }
  if (candidates_.empty()) return cut(content);
  if (bytes_.size() < candidates_.front().length) return false;
  recognise(content);
  return true;
}

void LargeContent::recognise(std::vector<ContentRef>& content) {
  const ChunkMark mark = candidates_.front();
  candidates_.erase(candidates_.begin());
  if (!recogniser_->is(mark, ByteSpan(bytes_).first(mark.length))) return;
  sink_.stored_chunk(next_ticket_, mark.id, mark.length);
  content.push_back({next_ticket_++, 0, mark.length});
  bytes_.erase(bytes_.begin(), bytes_.begin() + mark.length);
  candidates_.clear();
  looked_up_ = false;
}

bool LargeContent::cut(std::vector<ContentRef>& content) {
  const Splitter::Scan scan = splitter_.scan(ByteSpan(bytes_).subspan(scanned_));
  scanned_ += scan.taken;
  if (scan.cut) emit(scanned_, true, content);
  return scan.cut;
}

void LargeContent::emit(size_t length, bool recurs, std::vector<ContentRef>& content) {
  const Bytes rest(bytes_.begin() + static_cast<ptrdiff_t>(length), bytes_.end());    // of what was gathered for nothing
  bytes_.resize(length);
  content.push_back({next_ticket_, 0, static_cast<uint32_t>(length)});
  bytes_ = sink_.chunk({next_ticket_++, std::move(bytes_), recurs});
  bytes_.reserve(sizes_.maximum);
  append(bytes_, rest);
  scanned_ = 0;
  looked_up_ = false;
}

}  // namespace sparekeep::agent
