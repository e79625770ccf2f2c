// Files of our own (state, configuration, shards), never a user's sources. A durable write is: temporary name in the same
// folder, write, fsync, rename or link, fsync of the folder. A failed sync is final: the temporary is removed and the
// error returned; nothing stands under the final name.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/descriptor.h"

namespace sparekeep {

using Path = std::filesystem::path;

struct WriteOptions {
  mode_t mode = 0644;     // the file is created with it, not changed to it
  bool replace = true;    // false: put if absent; exists when something is there
  bool past_cache = false;   // for much data that nobody reads soon
};

Result<void> write_durably(const Path& path, ByteSpan bytes, WriteOptions options = {});

// The same for several spans written one after the other (a shard's head and payload).
Result<void> write_durably(const Path& path, std::span<const ByteSpan> parts, WriteOptions options = {});

Result<Bytes> read_file(const Path& path, uint64_t bytes_max);     // not_found, or corrupt when over the maximum
Result<std::string> read_text(const Path& path, uint64_t bytes_max);
Result<Bytes> read_range(int fd, uint64_t offset, size_t length);  // corrupt when the file ends before
Result<void> read_range(int fd, uint64_t offset, MutableSpan to);  // all of `to`
Result<void> write_all(int fd, ByteSpan bytes);
Result<void> sync_folder(const Path& folder);
Result<void> make_folders(const Path& folder, mode_t mode = 0755);  // durable, like mkdir -p
Result<void> remove_durably(const Path& path);                      // not_found when it is not there
Result<std::vector<std::string>> list_folder(const Path& folder);   // names, sorted; without . and ..

// Removes what interrupted write_durably calls left in a folder.
void remove_leftovers(const Path& folder);

// Holds an exclusive lock (flock) on a file for its life time; busy when another process has it.
class FileLock {
 public:
  static Result<FileLock> acquire(const Path& path);

 private:
  explicit FileLock(Descriptor fd) : fd_(std::move(fd)) {}
  Descriptor fd_;
};

}  // namespace sparekeep
