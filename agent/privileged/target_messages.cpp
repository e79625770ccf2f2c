#include "agent/privileged/target_messages.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kPlaceBytesMax = 1 << 20;           // deeper than PATH_MAX is allowed
constexpr size_t kNameBytesMax = 4096;               // of users, groups, attributes, flags
constexpr size_t kListBytesMax = kTargetMessageMax;
constexpr uint64_t kListedMax = 8 << 20;
constexpr uint32_t kModeMax = 07777;

void write_entry(ByteWriter& to, const FileEntry& entry) {
  to.u8(static_cast<uint8_t>(entry.kind)), to.u32(entry.mode), to.u32(entry.uid), to.u32(entry.gid);
  to.text(entry.path), to.text(entry.user), to.text(entry.group);
  to.u64(entry.size), to.i64(entry.mtime.seconds), to.u32(entry.mtime.nanoseconds);
  to.text(entry.link_target), to.u32(entry.device_major), to.u32(entry.device_minor), to.u64(entry.device), to.u64(entry.inode), to.u64(entry.links);
  to.varint(entry.attributes.size());
  for (const auto& [name, value] : entry.attributes) to.text(name), to.blob(value);
  to.text(entry.flags);
}

FileEntry read_entry(ByteReader& from) {
  FileEntry entry;
  const uint8_t kind = from.u8();
  if (kind < static_cast<uint8_t>(FileKind::regular) || kind > static_cast<uint8_t>(FileKind::block_device)) from.fail();
  entry.kind = static_cast<FileKind>(kind), entry.mode = from.u32(), entry.uid = from.u32(), entry.gid = from.u32();
  if (entry.mode > kModeMax) from.fail();
  entry.path = from.text(kPlaceBytesMax), entry.user = from.text(kNameBytesMax), entry.group = from.text(kNameBytesMax);
  entry.size = from.u64(), entry.mtime.seconds = from.i64(), entry.mtime.nanoseconds = from.u32();
  entry.link_target = from.text(kLinkTargetBytesMax), entry.device_major = from.u32(), entry.device_minor = from.u32();
  entry.device = from.u64(), entry.inode = from.u64(), entry.links = from.u64();
  for (uint64_t left = from.varint(kAttributesMax); left > 0 && from.ok(); --left) {
    std::string name = from.text(kNameBytesMax);
    const ByteSpan value = from.blob(kAttributeBytesMax);
    entry.attributes[std::move(name)] = Bytes(value.begin(), value.end());
  }
  entry.flags = from.text(kNameBytesMax);
  return entry;
}

bool brings_entry(TargetStep step) {
  return step == TargetStep::begin_file || step == TargetStep::make_special || step == TargetStep::set_metadata;
}

ErrorKind read_kind(ByteReader& from) {
  const uint8_t kind = from.u8();
  if (kind > static_cast<uint8_t>(ErrorKind::terminated)) from.fail();
  return static_cast<ErrorKind>(kind);
}

void write_outcome(ByteWriter& to, const Result<void>& outcome) {
  to.u8(outcome.has_value());
  if (!outcome) to.u8(static_cast<uint8_t>(outcome.error().kind())), to.text(outcome.error().text());
}

Result<void> read_outcome(ByteReader& from) {
  if (from.u8() != 0) return {};
  const ErrorKind kind = read_kind(from);
  return Error(kind, from.text(kListBytesMax));
}

template <typename T>
Result<T> finished(T value, const ByteReader& reader, std::string_view what) {
  if (const Result<void> read = reader.finish(what); !read) return read.error();
  return value;
}

}  // namespace

std::string write_question(const TargetQuestion& question) {
  ByteWriter to;
  to.u8(static_cast<uint8_t>(question.step)), to.u32(question.number);
  to.text(question.place), to.text(question.other), to.text(question.text);
  if (brings_entry(question.step)) write_entry(to, question.entry);
  to.varint(question.files.size());
  for (const SentFile& file : question.files) to.text(file.place), write_entry(to, file.entry), to.blob(file.content);
  return std::string(as_text(to.bytes()));
}

Result<TargetQuestion> read_question(std::string_view message) {
  ByteReader from(as_bytes(message));
  TargetQuestion question;
  const uint8_t step = from.u8();
  if (step < static_cast<uint8_t>(TargetStep::open) || step > static_cast<uint8_t>(TargetStep::is_mounted)) from.fail();
  question.step = static_cast<TargetStep>(step), question.number = from.u32();
  question.place = from.text(kPlaceBytesMax), question.other = from.text(kPlaceBytesMax), question.text = from.text(kTargetMessageMax);
  if (from.ok() && brings_entry(question.step)) question.entry = read_entry(from);
  for (uint64_t left = from.varint(kFilesMax); left > 0 && from.ok(); --left) {
    SentFile file;
    file.place = from.text(kPlaceBytesMax), file.entry = read_entry(from), file.content = from.blob(kContentBytesMax);
    question.files.push_back(std::move(file));
  }
  return finished(std::move(question), from, "a question about the target");
}

std::string write_answer(const TargetAnswer& answer) {
  ByteWriter to;
  to.u8(answer.failed), to.u8(static_cast<uint8_t>(answer.kind)), to.text(answer.text);
  to.u8(answer.found), to.u8(answer.owner), to.u8(answer.flags), to.u32(answer.number);
  write_entry(to, answer.entry);
  to.varint(answer.names.size());
  for (const std::string& name : answer.names) to.text(name);
  to.varint(answer.warnings.size());
  for (const TargetWarning& warning : answer.warnings) to.text(warning.place), to.text(warning.text);
  to.varint(answer.outcomes.size());
  for (const Result<void>& outcome : answer.outcomes) write_outcome(to, outcome);
  return std::string(as_text(to.bytes()));
}

Result<TargetAnswer> read_answer(std::string_view message) {
  ByteReader from(as_bytes(message));
  TargetAnswer answer;
  answer.failed = from.u8() != 0;
  answer.kind = read_kind(from), answer.text = from.text(kListBytesMax);
  answer.found = from.u8() != 0, answer.owner = from.u8() != 0, answer.flags = from.u8() != 0, answer.number = from.u32();
  answer.entry = read_entry(from);
  for (uint64_t left = from.varint(kListedMax); left > 0 && from.ok(); --left) answer.names.push_back(from.text(kNameBytesMax));
  for (uint64_t left = from.varint(kListedMax); left > 0 && from.ok(); --left) {
    std::string place = from.text(kListBytesMax);
    answer.warnings.push_back({std::move(place), from.text(kListBytesMax)});
  }
  for (uint64_t left = from.varint(kFilesMax); left > 0 && from.ok(); --left) answer.outcomes.push_back(read_outcome(from));
  return finished(std::move(answer), from, "an answer about the target");
}

}  // namespace sparekeep::agent
