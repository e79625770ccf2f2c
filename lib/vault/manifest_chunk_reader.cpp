#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/prelude.h"
#include "lib/vault/types.h"

namespace sparekeep {

namespace {

FileTime read_time(ByteReader& reader) {
  FileTime time;
  time.seconds = reader.i64();
  time.nanoseconds = reader.u32();
  return time;
}

std::string read_present(ByteReader& reader, size_t length_max) {  // a field that is there holds something
  std::string text = reader.text(length_max);
  if (text.empty()) reader.fail();
  return text;
}

void read_fixed(ByteReader& reader, FileEntry& file) {
  const uint8_t kind = reader.u8();
  if (kind < 1 || kind > 7) reader.fail();
  file.kind = static_cast<FileKind>(kind);
  file.mode = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  file.uid = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  file.gid = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  file.user = reader.text(kOwnerNameBytesMax);
  file.group = reader.text(kOwnerNameBytesMax);
  file.mtime = read_time(reader);
  file.size = reader.varint();
}

void read_attributes(ByteReader& reader, FileEntry& file) {
  const uint64_t count = reader.varint(kAttributesMax);
  if (count == 0) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = reader.text(kAttributeNameBytesMax);
    const ByteSpan value = reader.blob(kAttributeBytesMax);
    if (!file.attributes.empty() && name <= file.attributes.rbegin()->first) reader.fail();
    file.attributes.emplace_hint(file.attributes.end(), std::move(name), Bytes(value.begin(), value.end()));
  }
}

void read_extents(ByteReader& reader, FileEntry& file) {
  const uint64_t count = reader.varint(kDataExtentsMax);
  if (count == 0) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    const uint64_t offset = reader.varint();
    file.data_extents.push_back({offset, reader.varint()});
  }
}

void read_content(ByteReader& reader, ManifestEntry& entry) {
  entry.hash = ContentHash::read(reader);
  const uint64_t count = reader.varint(kContentRefsPartMax);
  if (count == 0) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    ContentRef piece;
    piece.chunk = static_cast<uint32_t>(reader.varint(UINT32_MAX));
    piece.offset = static_cast<uint32_t>(reader.varint(UINT32_MAX));
    piece.length = static_cast<uint32_t>(reader.varint(UINT32_MAX));
    entry.content.push_back(piece);
  }
}

void read_device(ByteReader& reader, FileEntry& file) {
  if (file.kind != FileKind::character_device && file.kind != FileKind::block_device) reader.fail();
  file.device_major = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  file.device_minor = static_cast<uint32_t>(reader.varint(UINT32_MAX));
}

void read_change_marks(ByteReader& reader, FileEntry& file) {
  file.ctime = read_time(reader);
  file.inode = reader.varint();
}

ManifestChunkReader::Record read_record(ByteReader& reader, std::string path) {
  ManifestChunkReader::Record record;
  FileEntry& file = record.entry.file;
  file.path = std::move(path);
  read_fixed(reader, file);
  const uint64_t fields = reader.varint(manifest_field::all);
  if (fields & manifest_field::link_target) file.link_target = read_present(reader, kLinkTargetBytesMax);
  if (fields & manifest_field::hard_link) file.hard_link = read_present(reader, kPathBytesMax);
  if (fields & manifest_field::device) read_device(reader, file);
  if (fields & manifest_field::attributes) read_attributes(reader, file);
  if (fields & manifest_field::flags) file.flags = read_present(reader, kFlagsBytesMax);
  if (fields & manifest_field::extents) read_extents(reader, file);
  if (fields & manifest_field::content) read_content(reader, record.entry);
  if (fields & manifest_field::change_marks) read_change_marks(reader, file);
  record.goes_on = fields & manifest_field::goes_on;
  if (record.goes_on && record.entry.content.empty()) reader.fail();
  return record;
}

}  // namespace

Result<ManifestChunkReader> ManifestChunkReader::open(Bytes plain) {
  if (plain.size() > kChunkLengthMax) return Error(ErrorKind::corrupt, "the manifest chunk is too long");
  ManifestChunkReader chunk(std::move(plain));
  if (Result<void> prelude = read_prelude(chunk.reader_, ObjectKind::manifest_chunk); !prelude) return prelude.error();
  chunk.left_ = chunk.reader_.u32();
  if (!chunk.reader_.ok()) return Error(ErrorKind::corrupt, "the manifest chunk is truncated");
  return chunk;
}

Result<std::string> ManifestChunkReader::next_path() {
  const uint64_t shared = reader_.varint(path_.size());
  std::string path = path_.substr(0, shared) + reader_.text(kPathBytesMax);
  if (!reader_.ok()) return reader_.finish("the manifest chunk").error();
  const bool in_order = path_.empty() || (goes_on_ ? path == path_ : path_less(path_, path));
  if (in_order) return path;
  return Error(ErrorKind::corrupt, "manifest entry " + in_quotes(path) + ": it is out of order");
}

Result<std::optional<ManifestChunkReader::Record>> ManifestChunkReader::next() {
  if (left_ == 0) {
    if (Result<void> end = reader_.finish("the manifest chunk"); !end) return end.error();
    return std::optional<Record>();
  }
  --left_;
  Result<std::string> path = next_path();
  if (!path) return path.error();
  path_ = std::move(*path);
  Record record = read_record(reader_, path_);
  if (!reader_.ok()) return reader_.finish("the manifest chunk").error();
  if (const std::string_view fault = fault_of(record.entry); !fault.empty())
    return Error(ErrorKind::corrupt, "manifest entry " + in_quotes(path_) + ": " + std::string(fault));
  goes_on_ = record.goes_on;
  return std::optional<Record>(std::move(record));
}

}  // namespace sparekeep
