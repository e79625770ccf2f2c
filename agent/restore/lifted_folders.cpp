#include "agent/restore/lifted_folders.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/archive/disk_facts.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kLiftedMax = 200;     // at once; each is an open descriptor

}  // namespace

bool LiftedFolders::lift(int folder) {
  const int error_number = errno;
  const std::lock_guard lock(mutex_);
  struct stat facts {};
  const std::string flags = read_flags(folder);
  const bool room = lifted_.size() < kLiftedMax && ::fstat(folder, &facts) == 0;
  Descriptor kept(room && !flags.empty() ? ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
  const bool done = kept && clear_protection(folder) && read_flags(folder) != flags;
  if (done) lifted_.try_emplace({facts.st_dev, facts.st_ino}, Lifted{std::move(kept), flags});
  errno = error_number;
  return done;
}

void LiftedFolders::forget(int file) {
  const std::lock_guard lock(mutex_);
  struct stat facts {};
  if (!lifted_.empty() && ::fstat(file, &facts) == 0) lifted_.erase({facts.st_dev, facts.st_ino});
}

Result<void> LiftedFolders::give_back() {
  const std::lock_guard lock(mutex_);
  Result<void> done;
  for (const auto& [identity, lifted] : lifted_)
    if (Result<void> back = set_flags(lifted.folder.get(), lifted.flags); !back) done = back;
  lifted_.clear();
  return done;
}

}  // namespace sparekeep::agent
