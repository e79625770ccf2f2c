#include "agent/restore/lifted_folders.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/archive/disk_facts.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kLiftedMax = 200;     // at once; each is an open descriptor

}  // namespace

bool LiftedFolders::lift(int folder, std::string_view place) {
  const int error_number = errno;
  const bool done = lift_now(folder, place);
  errno = error_number;
  return done;
}

// Who met the protection may come here when another one has already lifted it.
bool LiftedFolders::lift_now(int folder, std::string_view place) {
  const std::lock_guard lock(mutex_);
  struct stat facts {};
  if (::fstat(folder, &facts) != 0) return false;
  const std::pair identity{facts.st_dev, facts.st_ino};
  if (lifted_.contains(identity)) return static_cast<bool>(clear_protection(folder));
  const std::string flags = read_flags(folder);
  if (flags.empty() || lifted_.size() >= kLiftedMax) return false;
  Descriptor kept(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!kept || !clear_protection(folder) || read_flags(folder) == flags) return false;
  lifted_.try_emplace(identity, Lifted{std::move(kept), std::string(place), flags});
  return true;
}

void LiftedFolders::forget(int file) {
  const std::lock_guard lock(mutex_);
  struct stat facts {};
  if (!lifted_.empty() && ::fstat(file, &facts) == 0) lifted_.erase({facts.st_dev, facts.st_ino});
}

Result<void> LiftedFolders::give_back(const WarningSink& warn) {
  const std::lock_guard lock(mutex_);
  Result<void> done;
  std::erase_if(lifted_, [&](const auto& each) {
    const Lifted& lifted = each.second;
    const Result<void> back = set_flags(lifted.folder.get(), lifted.flags);
    if (!back && warn) warn(lifted.place, "its file flags " + in_quotes(lifted.flags) + " do not stand again: " + back.error().text() + "; set them by chattr");
    if (!back && done) done = back.error().during("giving back the file flags of " + in_quotes(lifted.place));
    return static_cast<bool>(back);
  });
  return done;
}

}  // namespace sparekeep::agent
