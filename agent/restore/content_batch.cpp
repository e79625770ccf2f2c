#include "agent/restore/content_batch.h"

#include <algorithm>

#include "lib/vault/entry_weight.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kFilesMax = 1024;
constexpr uint64_t kBytesMax = 64 << 20;
constexpr size_t kWeightMax = 4 << 20;                 // of entries: a path may have 256 KiB
constexpr size_t kPiecewiseMax = 64;                   // each is open until all of it has come; users have 1,024 descriptors for everything
constexpr uint64_t kLargeMin = 16 << 20;               // bytes of a file whose pieces shall come in their order
constexpr uint64_t kGatheredFileMax = 256 << 10;       // held in memory until all of it has come
constexpr uint64_t kGatheredMax = 8 << 20;             // of all that are

Error other_content() { return Error(ErrorKind::corrupt, "what came is not what the snapshot holds"); }

}  // namespace

bool ContentBatch::full() const { return files_.size() >= kFilesMax || bytes_ >= kBytesMax || weight_ >= kWeightMax || piecewise_ >= kPiecewiseMax; }

bool ContentBatch::holds(std::string_view place) const {
  return std::any_of(files_.begin(), files_.end(), [&](const std::unique_ptr<File>& file) { return file->place == place; });
}

ContentBatch::How ContentBatch::how_to_write(const ManifestEntry& entry) {
  if (entry.content.size() <= 1) return How::at_once;
  const uint64_t bytes = stored_size(entry.file);
  if (bytes > kGatheredFileMax || gathered_bytes_ + bytes > kGatheredMax) {
    ++piecewise_;
    return How::piecewise;
  }
  gathered_bytes_ += bytes;
  return How::gathered;
}

void ContentBatch::add(std::string place, ManifestEntry entry) {
  auto file = std::make_unique<File>();
  weight_ += sizeof(File) + place.size() + weight_of(entry);
  file->place = std::move(place);
  file->how = how_to_write(entry);
  file->missing = stored_size(entry.file);
  large_ = large_ || file->missing >= kLargeMin;
  file->entry = std::move(entry);
  bytes_ += file->missing;
  files_.push_back(std::move(file));
}

Result<void> ContentBatch::plan(File& file, FetchPlan& plan) {
  FetchPlan own(plan.way());
  if (Result<void> planned = snapshot_.plan(file.entry, own); !planned) return planned;
  if (const std::string_view fault = fault_of_content(file.entry); !fault.empty()) return Error(ErrorKind::corrupt, std::string(fault));
  plan.add(std::move(own));
  uint64_t stored_offset = 0;
  for (const ContentRef& ref : file.entry.content) {
    pieces_[ref.chunk].push_back({&file, stored_offset, ref.offset, ref.length});
    stored_offset += ref.length;
  }
  return {};
}

void ContentBatch::chunk(uint32_t number, ByteSpan plain) {
  std::vector<Whole> together;
  for (const Piece& piece : pieces_.at(number)) {
    File& file = *piece.file;
    const std::lock_guard lock(file.mutex);
    if (file.error) continue;
    if (const Result<void> taken = take(file, piece, plain, together); !taken) file.error = taken.error();
  }
  write_together(together);
}

// Each of them has one piece only: nobody else is at it.
void ContentBatch::write_together(const std::vector<Whole>& wholes) {
  if (wholes.empty()) return;
  std::vector<WholeFile> files;
  for (const Whole& whole : wholes) files.push_back({whole.file->place, &whole.file->entry.file, whole.bytes});
  const std::vector<Result<void>> written = writer_->write_wholes(files);
  for (size_t i = 0; i < wholes.size(); ++i) {
    wholes[i].file->named = written[i].has_value();
    if (!written[i]) wholes[i].file->error = written[i].error();
  }
}

void ContentBatch::failed(uint32_t number, const Error& error) {
  for (const Piece& piece : pieces_.at(number)) {
    const std::lock_guard lock(piece.file->mutex);
    if (!piece.file->error) piece.file->error = error;
  }
}

Result<void> ContentBatch::take(File& file, const Piece& piece, ByteSpan plain, std::vector<Whole>& together) {
  if (uint64_t{piece.offset} + piece.length > plain.size()) return Error(ErrorKind::corrupt, "the manifest asks for bytes beyond the end of a chunk");
  const ByteSpan bytes = plain.subspan(piece.offset, piece.length);
  file.missing -= bytes.size();
  if (file.how == How::at_once) return write_whole(file, bytes, &together);
  return file.how == How::gathered ? gather(file, piece.stored_offset, bytes) : write_piece(file, piece.stored_offset, bytes);
}

Result<void> ContentBatch::gather(File& file, uint64_t stored_offset, ByteSpan bytes) {
  file.gathered.resize(stored_size(file.entry.file));
  std::copy(bytes.begin(), bytes.end(), file.gathered.begin() + static_cast<ptrdiff_t>(stored_offset));
  if (file.missing > 0) return {};
  const Bytes whole = std::exchange(file.gathered, {});
  return write_whole(file, whole, nullptr);
}

Result<void> ContentBatch::begin(File& file, Arrival arrival) {
  Result<PendingFile> pending = writer_->begin_file(file.place, file.entry.file, arrival);
  if (!pending) return pending.error();
  file.pending.emplace(std::move(*pending));
  return {};
}

Result<void> ContentBatch::write_piece(File& file, uint64_t stored_offset, ByteSpan bytes) {
  if (!file.pending) {
    if (Result<void> begun = begin(file, Arrival::in_pieces); !begun) return begun;
    if (!read_back_) file.hasher.emplace();
  }
  if (file.hashed != stored_offset) file.hasher.reset();
  if (file.hasher) file.hasher->update(bytes), file.hashed += bytes.size();
  if (Result<void> written = write_stored(*file.pending, file.entry.file, stored_offset, bytes, file.last); !written) return written;
  if (file.missing > 0) return {};
  if (file.hasher) file.came = file.hasher->finish();
  return name(file);
}

Result<void> ContentBatch::write_whole(File& file, ByteSpan bytes, std::vector<Whole>* together) {
  file.came = content_hash(bytes);
  if (*file.came != file.entry.hash) return other_content();
  if (together && writer_->takes_whole(file.entry.file)) {
    together->push_back({&file, bytes});
    return {};
  }
  if (Result<void> begun = begin(file, Arrival::whole); !begun) return begun;
  if (Result<void> written = write_stored(*file.pending, file.entry.file, 0, bytes, file.last); !written) return written;
  return name(file);
}

// By what was handed to the kernel, in its order; or as it reads back, where that is wanted or pieces came in another order.
Result<void> ContentBatch::prove(File& file) {
  if (file.entry.content.empty()) return {};
  if (file.came && *file.came != file.entry.hash) return other_content();
  if (file.came && !read_back_) return {};
  const Result<ContentHash> hash = hash_stored(file.pending->descriptor(), file.entry.file);
  if (!hash) return hash.error();
  return *hash == file.entry.hash ? Result<void>() : Error(ErrorKind::corrupt, kReadBackWrong);
}

Result<void> ContentBatch::name(File& file) {
  if (Result<void> proven = prove(file); !proven) return proven;
  if (Result<void> named = file.pending->commit(); !named) return named;
  file.named = true;
  file.pending.reset();
  return {};
}

// What has no content is made here. A file that failed leaves nothing.
void ContentBatch::finish(File& file) {
  if (!file.error && !file.named) {
    SK_CHECK(file.missing == 0);
    const Result<void> begun = begin(file, Arrival::whole);
    const Result<void> named = begun ? name(file) : begun;
    if (!named) file.error = named.error();
  }
  file.pending.reset();
  if (file.error) report_.error(file.entry.file.path, *file.error);
}

void ContentBatch::run() {
  FetchPlan wanted(large_ ? FetchPlan::Way::in_order : FetchPlan::Way::by_pack);
  for (const std::unique_ptr<File>& file : files_)
    if (const Result<void> planned = plan(*file, wanted); !planned) file->error = planned.error();
  snapshot_.fetch(wanted, *this);
  for (const std::unique_ptr<File>& file : files_) finish(*file);
}

}  // namespace sparekeep::agent
