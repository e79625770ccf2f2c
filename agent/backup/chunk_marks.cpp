#include "agent/backup/chunk_marks.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/vault/content_hash.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kKeySize = 32, kHeadSize = 64;          // prelude, key, buckets u32, zeros
constexpr size_t kMarkSize = 64, kMarksInBucket = 4, kBucketSize = kMarkSize * kMarksInBucket;
constexpr uint32_t kBucketsMin = 1024, kBucketsMax = 1u << 24;
constexpr uint32_t kOverflowsOf = 64;                   // of so many buckets one may overflow: then about a third of all places are taken
constexpr const char *kName = "chunk-marks", *kNameBeside = "chunk-marks.new";

uint32_t buckets_for(size_t chunks) {
  return std::bit_ceil(static_cast<uint32_t>(std::clamp<size_t>(2 * chunks / kMarksInBucket, kBucketsMin, kBucketsMax)));
}

uint32_t check_of(ByteSpan rest) { return static_cast<uint32_t>(fast_hash(rest)); }

// check u32 | length u32 | beginning u64 | tag 16 | id 32; a length of 0: none. The check tells what was torn, and a table of zeros.
Bytes encode(const ChunkMark& mark) {
  ByteWriter rest;
  rest.u32(mark.length), rest.u64(mark.beginning), rest.raw(mark.tag.bytes()), rest.raw(mark.id.bytes());
  ByteWriter writer;
  writer.u32(check_of(rest.bytes())), writer.raw(rest.bytes());
  return writer.take();
}

std::optional<ChunkMark> decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  if (reader.u32() != check_of(bytes.subspan(4))) return std::nullopt;
  ChunkMark mark{.beginning = 0, .length = reader.u32(), .tag = {}, .id = {}};
  mark.beginning = reader.u64(), mark.tag = GmacTag::read(reader), mark.id = ChunkId::read(reader);
  const bool may_be = mark.length > ChunkMarks::kBeginning && mark.length <= kChunkLengthMax;
  return may_be ? std::optional(mark) : std::nullopt;
}

template <typename Take>
void each_mark(ByteSpan bucket, const Take& take) {
  for (size_t at = 0; at + kMarkSize <= bucket.size(); at += kMarkSize) take(at, decode(bucket.subspan(at, kMarkSize)));
}

struct Head {
  Secret key;
  uint32_t buckets = 0;
};

Result<Head> read_head(int fd) {
  Result<Bytes> read = read_range(fd, 0, kHeadSize);
  if (!read) return read.error();
  const Secret bytes(std::move(*read));
  ByteReader reader(bytes.reveal());
  if (Result<void> prelude = read_prelude(reader, ObjectKind::chunk_marks); !prelude) return prelude.error();
  Head head;
  head.key = Secret(reader.raw(kKeySize));
  head.buckets = reader.u32();
  const auto size = static_cast<uint64_t>(::lseek(fd, 0, SEEK_END));
  const bool whole = std::has_single_bit(head.buckets) && head.buckets <= kBucketsMax && size == kHeadSize + uint64_t{head.buckets} * kBucketSize;
  return whole ? Result<Head>(std::move(head)) : Error(ErrorKind::corrupt, "the marks of chunks are not whole");
}

}  // namespace

uint64_t ChunkMarks::beginning_of(ByteSpan chunk) { return fast_hash(chunk.first(kBeginning)); }

ChunkMarks::ChunkMarks(const Path& folder, size_t chunks, Random& random) : folder_(folder) {
  const Result<void> opened = open(chunks, random);
  usable_ = opened.has_value();
  if (usable_) return;
  const auto path = [&](const char* name) { return in_quotes((folder_ / name).string()); };
  log_warning("chunks of large files are all cut and named: " + opened.error().text() + "; where the disk has room, remove " + path(kName) + " and " + path(kNameBeside));
  file_.reset();
}

Result<void> ChunkMarks::open(size_t chunks, Random& random) {
  file_ = Descriptor(::open((folder_ / kName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  Result<Head> head = file_ ? read_head(file_.get()) : Result<Head>(system_error("opening the marks of chunks", errno));
  if (head) key_ = std::move(head->key), buckets_ = head->buckets;
  else key_ = Secret(Bytes(kKeySize)), random.fill(key_.reveal_mutable()), file_.reset();
  return head && buckets_ >= buckets_for(chunks) ? Result<void>() : grow(buckets_for(chunks));
}

// Where that fails the file of before stays in its place, and this one knows none any more.
Result<void> ChunkMarks::grow(uint32_t buckets) {
  const Descriptor before = std::move(file_);
  Result<void> grown = replace(before, buckets);
  if (grown) return grown;
  file_.reset();
  ::unlink((folder_ / kNameBeside).c_str());
  return grown;
}

// With what the file before has, if there is one.
Result<void> ChunkMarks::replace(const Descriptor& before, uint32_t buckets) {
  const uint32_t buckets_before = buckets_;
  if (Result<void> made = make(buckets); !made) return made;
  if (before) take_over(before.get(), buckets_before);
  if (!file_) return Error(ErrorKind::no_space, "copying the marks of chunks to a larger file; is the disk full?");
  overflows_ = 0;
  if (::rename((folder_ / kNameBeside).c_str(), (folder_ / kName).c_str()) != 0) return system_error("putting the marks of chunks in place", errno);
  return {};
}

// As long as it will be, and empty: disk space is taken by what is put.
Result<void> ChunkMarks::make(uint32_t buckets) {
  ::unlink((folder_ / kNameBeside).c_str());             // whatever it is
  file_ = Descriptor(::open((folder_ / kNameBeside).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_) return system_error("making the marks of chunks", errno);
  buckets_ = buckets;
  ByteWriter writer;
  write_prelude(writer, ObjectKind::chunk_marks);
  writer.raw(key_.reveal()), writer.u32(buckets);
  const Secret head(writer.take());
  if (::ftruncate(file_.get(), static_cast<off_t>(kHeadSize + uint64_t{buckets} * kBucketSize)) != 0) return system_error("making the marks of chunks", errno);
  return write_all(file_.get(), head.reveal());
}

void ChunkMarks::take_over(int before, uint32_t buckets) {
  for (uint32_t bucket = 0; bucket < buckets; ++bucket) {
    const Result<Bytes> bytes = read_range(before, kHeadSize + uint64_t{bucket} * kBucketSize, kBucketSize);
    if (bytes) each_mark(*bytes, [this](size_t, const std::optional<ChunkMark>& mark) { if (mark) put_in_file(*mark); });
  }
}

uint64_t ChunkMarks::place_of(uint64_t beginning) const { return kHeadSize + (beginning & (buckets_ - 1)) * kBucketSize; }

std::vector<ChunkMark> ChunkMarks::find(uint64_t beginning) const {
  std::vector<ChunkMark> found;
  const std::lock_guard lock(mutex_);
  if (!file_) return found;
  const Result<Bytes> bucket = read_range(file_.get(), place_of(beginning), kBucketSize);
  if (!bucket) return found;
  each_mark(*bucket, [&](size_t, const std::optional<ChunkMark>& mark) {
    if (mark && mark->beginning == beginning) found.push_back(*mark);
  });
  std::sort(found.begin(), found.end(), [](const ChunkMark& a, const ChunkMark& b) { return a.length < b.length; });
  return found;
}

void ChunkMarks::put(const ChunkMark& mark) {
  const std::lock_guard lock(mutex_);
  put_in_file(mark);
  if (!file_ || overflows_ <= buckets_ / kOverflowsOf || buckets_ == kBucketsMax) return;
  if (const Result<void> grown = grow(buckets_ * 2); !grown)   // no more are noted, and the next run begins with those of before
    log_warning("chunks of large files that this run has stored are not recognised by the next one: " + grown.error().text());
}

void ChunkMarks::put_in_file(const ChunkMark& mark) {
  if (!file_) return;
  const Result<Bytes> bucket = read_range(file_.get(), place_of(mark.beginning), kBucketSize);
  if (!bucket) return;
  std::optional<size_t> same, empty;
  bool has_others = false;
  each_mark(*bucket, [&](size_t at, const std::optional<ChunkMark>& one) {
    if (!one) empty = empty.value_or(at);
    else if (one->beginning != mark.beginning) has_others = true;
    else if (one->length == mark.length) same = at;
  });
  if (!same && !empty && has_others) ++overflows_;
  const size_t any = mark.id.value[0] % kMarksInBucket * kMarkSize, at = same.value_or(empty.value_or(any));
  const Bytes bytes = encode(mark);
  const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(place_of(mark.beginning) + at));
  if (written != static_cast<ssize_t>(bytes.size())) file_.reset();     // the same; what is torn tells so
}

}  // namespace sparekeep::agent
