#include "lib/vault/manifest_writer.h"

#include <algorithm>
#include <span>

#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/vault/prelude.h"
#include "lib/vault/types.h"

namespace sparekeep {

namespace {

constexpr size_t kContentBytesMax = kContentRefsPartMax * 16;   // encoded pieces of one record

using Pieces = std::span<const ContentRef>;

uint64_t fields_of(const FileEntry& file, bool content, bool goes_on) {
  using namespace manifest_field;
  uint64_t fields = 0;
  if (!file.link_target.empty()) fields |= link_target;
  if (!file.hard_link.empty()) fields |= hard_link;
  if (file.kind == FileKind::character_device || file.kind == FileKind::block_device) fields |= device;
  if (!file.attributes.empty()) fields |= attributes;
  if (!file.flags.empty()) fields |= flags;
  if (!file.data_extents.empty()) fields |= extents;
  if (content) fields |= manifest_field::content;
  if (file.inode != 0 || file.ctime != FileTime{}) fields |= change_marks;
  if (goes_on) fields |= manifest_field::goes_on;
  return fields;
}

void write_time(ByteWriter& writer, const FileTime& time) {
  writer.i64(time.seconds);
  writer.u32(time.nanoseconds);
}

void write_attributes(ByteWriter& writer, const FileEntry& file) {
  writer.varint(file.attributes.size());
  for (const auto& [name, value] : file.attributes) writer.text(name), writer.blob(value);
}

void write_extents(ByteWriter& writer, const FileEntry& file) {
  writer.varint(file.data_extents.size());
  for (const FileExtent& extent : file.data_extents) writer.varint(extent.offset), writer.varint(extent.length);
}

void write_content(ByteWriter& writer, const ContentHash& hash, Pieces pieces) {
  writer.raw(hash.bytes());
  writer.varint(pieces.size());
  for (const ContentRef& piece : pieces) writer.varint(piece.chunk), writer.varint(piece.offset), writer.varint(piece.length);
}

void write_fixed(ByteWriter& writer, const FileEntry& file) {
  writer.u8(static_cast<uint8_t>(file.kind));
  writer.varint(file.mode);
  writer.varint(file.uid);
  writer.varint(file.gid);
  writer.text(file.user);
  writer.text(file.group);
  write_time(writer, file.mtime);
  writer.varint(file.size);
}

// Everything of a record behind its path.
void write_fields(ByteWriter& writer, const ManifestEntry& entry, Pieces pieces, bool goes_on) {
  const FileEntry& file = entry.file;
  write_fixed(writer, file);
  const uint64_t fields = fields_of(file, !pieces.empty(), goes_on);
  writer.varint(fields);
  if (fields & manifest_field::link_target) writer.text(file.link_target);
  if (fields & manifest_field::hard_link) writer.text(file.hard_link);
  if (fields & manifest_field::device) writer.varint(file.device_major), writer.varint(file.device_minor);
  if (fields & manifest_field::attributes) write_attributes(writer, file);
  if (fields & manifest_field::flags) writer.text(file.flags);
  if (fields & manifest_field::extents) write_extents(writer, file);
  if (fields & manifest_field::content) write_content(writer, entry.hash, pieces);
  if (fields & manifest_field::change_marks) write_time(writer, file.ctime), writer.varint(file.inode);
}

size_t shared_length(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Not less than what its record takes without pieces: nothing is encoded to know it.
size_t record_bytes_bound(const FileEntry& file) {
  constexpr size_t kNumbers = 256, kVarintMax = 10;
  size_t bytes = kNumbers + file.path.size() + file.user.size() + file.group.size() + file.link_target.size() + file.hard_link.size() + file.flags.size();
  for (const auto& [name, value] : file.attributes) bytes += name.size() + value.size() + 2 * kVarintMax;
  return bytes + file.data_extents.size() * 2 * kVarintMax;
}

std::string_view fault_of_size(const FileEntry& file) {
  return record_bytes_bound(file) > kManifestRecordBytesMax - kContentBytesMax ? "its attributes and extents are too large together" : std::string_view();
}

void refuse(const ManifestEntry& entry) {
  std::string_view fault = fault_of(entry);
  if (fault.empty()) fault = fault_of_content(entry);
  if (fault.empty()) fault = fault_of_size(entry.file);
  if (!fault.empty()) throw Error(ErrorKind::failed, in_quotes(entry.file.path) + " cannot be kept: " + std::string(fault));
}

}  // namespace

std::string_view fault_for_writing(const FileEntry& file) {
  const std::string_view fault = fault_of(file);
  return fault.empty() ? fault_of_size(file) : fault;
}

void ManifestWriter::put(const ManifestEntry& entry) {
  refuse(entry);
  SK_CHECK(last_path_.empty() || path_less(last_path_, entry.file.path));
  Pieces left(entry.content);
  do {
    const Pieces part = left.first(std::min(left.size(), kContentRefsPartMax));
    left = left.subspan(part.size());
    put_record(entry, part, !left.empty());
  } while (!left.empty());
  ++entries_;
  if (entry.file.kind == FileKind::regular && entry.file.hard_link.empty()) file_bytes_ += entry.file.size;
}

void ManifestWriter::write_record(const ManifestEntry& entry, Pieces pieces, bool goes_on) {
  const std::string& path = entry.file.path;
  if (records_ == 0) first_path_ = path;
  const size_t shared = records_ ? shared_length(last_path_, path) : 0;
  chunk_.varint(shared);
  chunk_.text(std::string_view(path).substr(shared));
  write_fields(chunk_, entry, pieces, goes_on);
}

// One that would make the chunk too long is the first of the next: written once more, with all of its path.
void ManifestWriter::put_record(const ManifestEntry& entry, Pieces pieces, bool goes_on) {
  size_t before = chunk_.size();
  write_record(entry, pieces, goes_on);
  if (records_ && chunk_.size() > kManifestChunkMax) {
    cut(before);
    before = 0;
    write_record(entry, pieces, goes_on);
  }
  ++records_;
  last_path_ = entry.file.path;
  const uint64_t bytes = chunk_.size() - before;
  const uint64_t below = bytes * (UINT64_MAX / kManifestChunkSpread);
  const bool always = bytes >= kManifestChunkSpread;
  if (chunk_.size() >= kManifestChunkMin && (always || path_hash(last_path_) < below)) cut(chunk_.size());
}

void ManifestWriter::cut(size_t bytes) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::manifest_chunk);
  writer.u32(records_);
  writer.raw(ByteSpan(chunk_.bytes()).first(bytes));
  chunk_ = {};
  records_ = 0;
  sink_({std::move(first_path_), writer.take()});
}

void ManifestWriter::finish() {
  if (records_) cut(chunk_.size());
}

}  // namespace sparekeep
