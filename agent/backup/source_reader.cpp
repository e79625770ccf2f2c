#include "agent/backup/source_reader.h"

#include <algorithm>

#include "agent/source/sparse.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/vault/entry_weight.h"
#include "lib/vault/manifest_writer.h"

namespace sparekeep::agent {

namespace {

// Entries that wait for the stream of small files to be cut are held in memory: never more than these.
constexpr uint64_t kEntriesBetweenCuts = 16'384, kBytesBetweenCuts = 16 << 20;

// Holes of a file with too many extents that are stored as zeros; a file with more is named.
constexpr uint64_t kBridgedBytesMax = 4ull << 30;

std::string lost_with(const std::string& first_name) { return "not backed up: its content is that of " + in_quotes(first_name) + ", which could not be read"; }

}  // namespace

SourceReader::SourceReader(const GearTable& table, ChunkSizes sizes, ChunkRecogniser* recogniser, SourceSink& sink)
    : sink_(sink), stream_(table, sizes, recogniser, sink) {}

Result<void> SourceReader::hold(FileEntry file, CommandOutput& output, const Clock& clock) {
  Result<ContentStream::Read> read = stream_.add([&output](MutableSpan to) { return output.read(to); });
  if (!read) return read.error();
  if (read->content.size() > kContentRefsMax) return Error(ErrorKind::failed, "the output for " + in_quotes(file.path) + " has too many pieces");
  file.size = read->bytes, file.mtime = file_time_of(clock.now());
  const bool is_empty = read->bytes == 0;
  held_.push_back({{std::move(file), is_empty ? ContentHash() : read->hash, std::move(read->content)}, is_empty});
  std::sort(held_.begin(), held_.end(), [](const ReadEntry& a, const ReadEntry& b) { return path_less(b.entry.file.path, a.entry.file.path); });
  return {};
}

void SourceReader::hand_held_before(const std::string* path) {
  while (!held_.empty() && (!path || path_less(held_.back().entry.file.path, *path))) {
    sink_.entry(std::move(held_.back()));
    held_.pop_back();
  }
}

void SourceReader::finish() {
  hand_held_before(nullptr);
  stream_.finish();
}

void SourceReader::known(ManifestEntry entry) {
  hand_held_before(&entry.file.path);
  count_entry(weight_of(entry));
  if (const std::string& first = entry.file.hard_link; !first.empty() && dropped_.contains(first)) return drop(entry.file, lost_with(first));
  sink_.entry({std::move(entry), true});
}

void SourceReader::count_entry(size_t weight) {
  ++entries_since_cut_;
  bytes_since_cut_ += weight;
  if (entries_since_cut_ < kEntriesBetweenCuts && bytes_since_cut_ < kBytesBetweenCuts) return;
  stream_.flush_small();
  entries_since_cut_ = bytes_since_cut_ = 0;
}

void SourceReader::problem(SourceProblem problem) {
  troubled_ = problem.path;
  sink_.problem(std::move(problem));
}

void SourceReader::entry(FileEntry entry, Descriptor opened) {
  hand_held_before(&entry.path);
  count_entry(weight_of(entry));
  if (const std::string reason = reason_to_drop(entry); !reason.empty()) return drop(entry, reason);
  const bool has_content = entry.kind == FileKind::regular && entry.hard_link.empty() && stored_size(entry) > 0;
  if (!has_content) return hand_on({{std::move(entry), {}, {}}, true});
  read_content(std::move(entry), std::move(opened));
}

// What could not be read whole must not be taken for known by the next backup.
void SourceReader::hand_on(ReadEntry entry) {
  FileEntry& file = entry.entry.file;
  if (file.path == troubled_) file.inode = 0, file.ctime = {};
  sink_.entry(std::move(entry));
}

// What would be refused by the manifest when all else is stored is left out here, and named: nobody's file stops the backup of others.
std::string SourceReader::reason_to_drop(FileEntry& entry) const {
  if (!entry.hard_link.empty() && dropped_.contains(entry.hard_link))
    return lost_with(entry.hard_link);
  if (entry.data_extents.size() > kDataExtentsMax && bridge_holes(entry.data_extents, kDataExtentsMax) > kBridgedBytesMax)
    return "not backed up: it has too many extents";
  const std::string_view fault = fault_for_writing(entry);
  return fault.empty() ? "" : "not backed up: " + std::string(fault);
}

void SourceReader::read_content(FileEntry entry, Descriptor opened) {
  SourceContent source(std::move(opened), entry);
  Result<ContentStream::Read> read = stream_.add(source, stored_size(entry));
  if (!read) return drop(entry, read.error().text());
  if (read->content.size() > kContentRefsMax) return drop(entry, "not backed up: it has too many pieces");
  if (const Result<void> same = source.finish(); !same) sink_.problem({entry.path, same.error().text()});
  hand_on({{std::move(entry), read->hash, std::move(read->content)}, false});
}

void SourceReader::drop(const FileEntry& entry, const std::string& text) {
  if (entry.links > 1) dropped_.insert(entry.path);
  sink_.problem({entry.path, text});
}

}  // namespace sparekeep::agent
