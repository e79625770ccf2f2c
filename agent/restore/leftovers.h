// Temporary names of a restore: what stands under one while it is written, and what an interrupted restore leaves.
//
// A name says who made it (thread id), and a regular file is locked (flock) by its writer for as long as it has that name. So a leftover
// is told from the work of another restore: nobody locks it or, of links and devices, its maker is gone.
#pragma once

#include <atomic>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace sparekeep::agent {

inline constexpr std::string_view kRestoreTemporaryPrefix = ".sk-restore-";

std::string temporary_name(uint64_t number);           // of this thread

// What the threads of one writer share. A file is made and locked under `making`, held by all who make; who looks for leftovers holds it alone.
struct Temporaries {
  std::atomic<uint64_t> count{0};
  std::shared_mutex making;
};

// Locks what this thread has made under such a name. Where locks are not to be had, it is left to the next restore as if in use.
void lock_temporary(int fd);

// Is it something that an interrupted restore left? false for folders, for what another restore is at, and for what is not to be examined.
bool is_leftover(int folder, const std::string& name);

}  // namespace sparekeep::agent
