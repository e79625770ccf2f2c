#include "agent/restore/target_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "agent/restore/beneath.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kKeptMax = 16;                        // a few for each thread of a restore
constexpr uint64_t kUnsyncedMax = 64 << 20;

}  // namespace

TargetFolders::TargetFolders(Descriptor target) : target_(std::move(target)) {
  struct stat facts {};
  if (::fstat(target_.get(), &facts) == 0) device_ = facts.st_dev;
}

TargetFolders::Opened TargetFolders::find(std::string_view place) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) { return kept.first == place; });
  if (known == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, known);
  return known->second;
}

TargetFolders::Opened TargetFolders::keep(std::string_view place, Descriptor fd) {
  const auto opened = std::make_shared<TargetFolder>();
  opened->fd = std::move(fd);
  const std::lock_guard lock(mutex_);
  opened->closed = closed_.contains(place);
  kept_.emplace_front(place, opened);
  if (kept_.size() > kKeptMax) kept_.pop_back();
  return opened;
}

Result<TargetFolders::Opened> TargetFolders::open(std::string_view place) {
  if (Opened known = find(place)) return known;
  Result<Descriptor> fd = open_folder_beneath(target_.get(), place);
  if (!fd) return fd.error();
  return keep(place, std::move(*fd));
}

Result<TargetFolders::Opened> TargetFolders::parent_of(std::string_view place) {
  if (place.empty() || !place_is_normal(place)) return Error(ErrorKind::denied, in_quotes(place) + " is not a path below the target");
  Result<Opened> parent = open(place_parent(place));
  if (!parent || (*parent)->noted) return parent;
  if (const Result<void> noted = note_file_system((*parent)->fd.get()); !noted) return noted.error();
  (*parent)->noted = true;
  return parent;
}

void TargetFolders::forget(std::string_view place) {
  const std::string top = "/" + std::string(place);
  const std::lock_guard lock(mutex_);
  kept_.remove_if([&](const auto& kept) { return path_is_within("/" + kept.first, top); });
  std::erase_if(closed_, [&](const std::string& closed) { return path_is_within("/" + closed, top); });
}

void TargetFolders::closed(std::string_view place) {
  const std::lock_guard lock(mutex_);
  closed_.emplace(place);
}

void TargetFolders::finished(std::string_view place) {
  const std::lock_guard lock(mutex_);
  if (const auto closed = closed_.find(place); closed != closed_.end()) closed_.erase(closed);
  kept_.remove_if([&](const auto& kept) { return kept.first == place; });
}

// Kept open: a descriptor that is opened later does not hear of a write that failed before.
Result<void> TargetFolders::note_file_system(int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return system_error("examining a folder", errno);
  const std::lock_guard lock(mutex_);
  if (facts.st_dev == device_ || written_.contains(facts.st_dev)) return {};
  Descriptor kept(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!kept) return system_error("keeping a file system open", errno);
  written_.emplace(facts.st_dev, std::move(kept));
  return {};
}

void TargetFolders::written(uint64_t bytes) {
  if ((unsynced_ += bytes) < kUnsyncedMax || syncing_.exchange(true)) return;
  unsynced_ = 0;
  try {
    early_.submit([this] {
      sync_now();
      syncing_ = false;
    });
  } catch (const std::system_error&) {                 // the system gives no thread: the disk begins at the end
  }
}

void TargetFolders::sync_now() {
  std::vector<int> below;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [device, folder] : written_) below.push_back(folder.get());
  }
  const std::lock_guard lock(sync_mutex_);
  if (::syncfs(target_.get()) != 0 && synced_) synced_ = system_error("syncing the target", errno);
  for (const int folder : below)
    if (::syncfs(folder) != 0 && synced_) synced_ = system_error("syncing a file system below the target", errno);
}

Result<void> TargetFolders::sync() {
  sync_now();
  const std::lock_guard lock(sync_mutex_);
  return synced_;
}

}  // namespace sparekeep::agent
