#include "agent/backup/source_merge.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

// For how long before the previous walk a file must have been left alone for its times to be believed. Clocks of file systems tick, in up to
// two seconds (FAT). A store through a shared mapping moves no time until the one before it was written back, which the kernel does within 35 s
// (vm.dirty_expire_centisecs and dirty_writeback_centisecs). And a network file system has the times of its server's clock.
constexpr Duration kLeftAlone = std::chrono::seconds(60);

}  // namespace

FileTime file_time_of(Time time) {
  const std::chrono::nanoseconds since(time.nanoseconds);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(), static_cast<uint32_t>((since - seconds).count())};
}

void SourceMerge::merge_with(ManifestReader manifest, Time began, std::vector<bool> usable_numbers) {
  previous_.emplace(std::move(manifest));
  believed_before_ = file_time_of(began - kLeftAlone);
  usable_ = std::move(usable_numbers);
}

ManifestEntry* SourceMerge::earlier(const std::string& path) {
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
bool SourceMerge::is_known(const FileEntry& facts, const ManifestEntry& before) const {
  const FileEntry& file = before.file;
  if (!looks_unchanged(facts, file) || facts.mode != file.mode || facts.uid != file.uid || facts.gid != file.gid) return false;
  if (facts.hard_link != file.hard_link) return false;
  if (std::max(facts.ctime, facts.mtime) >= believed_before_) return false;
  if (file.hard_link.empty() && stored_size(file) > 0 && before.content.empty()) return false;
  return std::all_of(before.content.begin(), before.content.end(),
                     [&](const ContentRef& ref) { return ref.chunk < usable_.size() && usable_[ref.chunk]; });
}

bool SourceMerge::take_over(const FileEntry& facts) {
  ManifestEntry* before = earlier(facts.path);
  if (!before || !is_known(facts, *before)) return false;
  before->file.user = facts.user, before->file.group = facts.group;   // the names of today
  before->file.device = facts.device, before->file.links = facts.links;
  sink_.known(std::move(*before));
  ahead_.reset();
  return true;
}

}  // namespace sparekeep::agent
