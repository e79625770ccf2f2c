#include "agent/restore/enterable_folders.h"

#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "agent/restore/beneath.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr mode_t kPermissions = 0777;          // what else a mode has may go with a change by who is not in the group

}  // namespace

void EnterableFolders::open(int path_only, const struct stat& facts, std::string_view place) {
  if (::geteuid() == 0 || (facts.st_mode & S_IRWXU) == S_IRWXU) return;
  const mode_t mode = facts.st_mode & 07777;
  const std::lock_guard lock(mutex_);
  if (::chmod(("/proc/self/fd/" + std::to_string(path_only)).c_str(), mode | S_IRWXU) != 0) return;
  opened_.insert_or_assign(std::string(place), Opened{facts.st_dev, facts.st_ino, mode});
}

std::pair<EnterableFolders::Places::iterator, EnterableFolders::Places::iterator> EnterableFolders::below(std::string_view place) {
  if (place.empty()) return {opened_.begin(), opened_.end()};
  const std::string after = std::string(place) + static_cast<char>('/' + 1);
  return {opened_.lower_bound(std::string(place) + "/"), opened_.lower_bound(after)};
}

void EnterableFolders::removed(std::string_view place) {
  const std::lock_guard lock(mutex_);
  const auto [first, end] = below(place);
  opened_.erase(first, end);
  if (const auto itself = opened_.find(place); itself != opened_.end()) opened_.erase(itself);
}

void EnterableFolders::finished(std::string_view place, const WarningSink& warn) {
  const std::lock_guard lock(mutex_);
  const auto [first, end] = below(place);
  static_cast<void>(give_back(first, end, warn));
  if (const auto itself = opened_.find(place); itself != opened_.end()) opened_.erase(itself);
}

Result<void> EnterableFolders::give_back(const WarningSink& warn) {
  const std::lock_guard lock(mutex_);
  return give_back(opened_.begin(), opened_.end(), warn);
}

// The deepest first: what lies in a folder that is closed again is not reached any more.
Result<void> EnterableFolders::give_back(Places::iterator first, Places::iterator end, const WarningSink& warn) {
  Result<void> done;
  for (auto each = std::make_reverse_iterator(end); each != std::make_reverse_iterator(first); ++each) {
    const Result<void> back = give_back(each->first, each->second);
    if (!back && warn) warn(each->first, "its mode does not stand again: " + back.error().text() + "; set it by chmod");
    if (!back && done) done = back.error().during("giving back the mode of " + in_quotes(each->first));
  }
  opened_.erase(first, end);
  return done;
}

// What somebody else has put there, or given another mode, is theirs.
Result<void> EnterableFolders::give_back(const std::string& place, const Opened& opened) const {
  const Result<Descriptor> folder = open_folder_beneath(target_, place);
  if (!folder) return folder.error().kind() == ErrorKind::not_found ? Result<void>() : folder.error();
  struct stat facts {};
  if (::fstat(folder->get(), &facts) != 0) return system_error("examining", errno);
  if (facts.st_dev != opened.device || facts.st_ino != opened.inode) return {};
  if ((facts.st_mode & kPermissions) != ((opened.mode | S_IRWXU) & kPermissions)) return {};
  if (::fchmod(folder->get(), opened.mode) != 0) return system_error("setting the mode", errno);
  return {};
}

}  // namespace sparekeep::agent
