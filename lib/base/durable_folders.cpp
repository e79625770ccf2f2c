#include "lib/base/durable_folders.h"

#include <sys/stat.h>

#include <cerrno>

#include "lib/base/text.h"

namespace sparekeep {

bool DurableFolders::is_known(const Path& folder) {
  const std::lock_guard lock(mutex_);
  return durable_.contains(folder);
}

Result<void> DurableFolders::make(const Path& folder, mode_t mode) {
  if (folder == base_ || folder == folder.root_path()) return {};
  if (Result<void> above = make(folder.parent_path(), mode); !above) return above;
  const bool made = ::mkdir(folder.c_str(), mode) == 0;
  if (!made && errno != EEXIST) return system_error("creating " + in_quotes(folder.native()), errno);
  if (!made && is_known(folder)) return {};
  if (Result<void> synced = sync_folder(folder.parent_path()); !synced) return synced;
  const std::lock_guard lock(mutex_);
  durable_.insert(folder);
  return {};
}

Result<void> DurableFolders::confirm(const Path& file, mode_t folder_mode) {
  if (Result<void> made = make(file.parent_path(), folder_mode); !made) return made;
  return sync_folder(file.parent_path());
}

}  // namespace sparekeep
