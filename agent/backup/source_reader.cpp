#include "agent/backup/source_reader.h"

#include <algorithm>

#include "agent/source/sparse.h"
#include "lib/base/log.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/vault/manifest_writer.h"

namespace sparekeep::agent {

namespace {

// For how long before the previous walk a file must have been left alone for its times to be believed. Clocks of file systems tick, in up to
// two seconds (FAT). A store through a shared mapping moves no time until the one before it was written back, which the kernel does within 35 s
// (vm.dirty_expire_centisecs and dirty_writeback_centisecs). And a network file system has the times of its server's clock.
constexpr Duration kLeftAlone = std::chrono::seconds(60);

// Entries that wait for the stream of small files to be cut are held in memory: never more than these.
constexpr uint64_t kEntriesBetweenCuts = 16'384;

// Holes of a file with too many extents that are stored as zeros; a file with more is named.
constexpr uint64_t kBridgedBytesMax = 4ull << 30;

// Not the other way round: a file may have a time that no Time holds.
FileTime file_time_of(const Time& time) {
  const std::chrono::nanoseconds since(time.nanoseconds);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(), static_cast<uint32_t>((since - seconds).count())};
}

}  // namespace

SourceReader::SourceReader(const GearTable& table, ChunkSizes sizes, SourceSink& sink)
    : sink_(sink), stream_(table, sizes, [this](Ticket ticket, Bytes chunk) { sink_.chunk(ticket, std::move(chunk)); }) {}

void SourceReader::merge_with(ManifestReader manifest, Time began, std::vector<bool> usable_numbers) {
  previous_.emplace(std::move(manifest));
  believed_before_ = file_time_of(began - kLeftAlone);
  usable_ = std::move(usable_numbers);
}

ManifestEntry* SourceReader::earlier(const std::string& path) {
  while (previous_ && !(ahead_ && !path_less(ahead_->file.path, path))) {
    Result<std::optional<ManifestEntry>> next = previous_->next();
    if (!next) log_warning("the memory of the last snapshot is damaged, everything is read: " + next.error().text());
    if (!next || !*next) previous_.reset(), ahead_.reset();
    else ahead_ = std::move(**next);
  }
  return ahead_ && ahead_->file.path == path ? &*ahead_ : nullptr;
}

// The change time moves with content and metadata alike; owner and mode are asked for all the same, for file systems that are lax. Some keep no
// change time (FAT, some FUSE), so the modification time must be as old; one that lies ahead of the walk says nothing, whoever set which clock.
bool SourceReader::is_known(const FileEntry& facts, const ManifestEntry& before) const {
  const FileEntry& file = before.file;
  if (!looks_unchanged(facts, file) || facts.mode != file.mode || facts.uid != file.uid || facts.gid != file.gid) return false;
  if (facts.hard_link != file.hard_link || (!facts.hard_link.empty() && dropped_.contains(facts.hard_link))) return false;
  if (std::max(facts.ctime, facts.mtime) >= believed_before_) return false;
  if (file.hard_link.empty() && stored_size(file) > 0 && before.content.empty()) return false;
  return std::all_of(before.content.begin(), before.content.end(),
                     [&](const ContentRef& ref) { return ref.chunk < usable_.size() && usable_[ref.chunk]; });
}

bool SourceReader::take_over(const FileEntry& facts) {
  ManifestEntry* before = earlier(facts.path);
  if (!before || !is_known(facts, *before)) return false;
  count_entry();
  if (!before->content.empty()) ++unchanged_files_;
  before->file.user = facts.user, before->file.group = facts.group;   // the names of today
  before->file.device = facts.device, before->file.links = facts.links;
  sink_.entry({std::move(*before), true});
  ahead_.reset();
  return true;
}

void SourceReader::count_entry() {
  if (++entries_since_cut_ >= kEntriesBetweenCuts) stream_.flush_small(), entries_since_cut_ = 0;
}

void SourceReader::problem(SourceProblem problem) {
  troubled_ = problem.path;
  sink_.problem(std::move(problem));
}

void SourceReader::entry(FileEntry entry, Descriptor opened) {
  count_entry();
  if (const std::string reason = reason_to_drop(entry); !reason.empty()) return drop(entry, "not backed up: " + reason);
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
    return "its content is that of " + in_quotes(entry.hard_link) + ", which could not be read";
  if (entry.data_extents.size() > kDataExtentsMax && bridge_holes(entry.data_extents, kDataExtentsMax) > kBridgedBytesMax)
    return "it has too many extents";
  return std::string(fault_for_writing(entry));
}

void SourceReader::read_content(FileEntry entry, Descriptor opened) {
  Result<SourceContent> source = SourceContent::of(std::move(opened), entry);
  if (!source) return drop(entry, source.error().text());
  Result<ContentStream::Read> read = stream_.add(*source, stored_size(entry));
  if (!read) return drop(entry, read.error().text());
  if (read->content.size() > kContentRefsMax) return drop(entry, "not backed up: it has too many pieces");
  if (const Result<void> same = source->finish(); !same) sink_.problem({entry.path, same.error().text()});
  hand_on({{std::move(entry), read->hash, std::move(read->content)}, false});
}

void SourceReader::drop(const FileEntry& entry, const std::string& text) {
  if (entry.links > 1) dropped_.insert(entry.path);
  sink_.problem({entry.path, text});
}

}  // namespace sparekeep::agent
