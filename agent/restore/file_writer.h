// Writes entries below one target folder, safely against other users of the machine and against hostile snapshots.
//
// A place is a path relative to the target ("srv/www/a"; "" is the target itself), normal, of bytes. Its parent is opened anew for
// every operation with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS): neither ".." nor a symlink that somebody puts in the
// way leads out of the target; such a place is refused by name. Everything after that goes by descriptor and one name.
//
// Nothing stands half-written under its final name: content, links and devices are made under a temporary name beside it, get their
// metadata there, and are renamed over it. Folders are made first (0700) and get their metadata after their children.
//
// What an ordinary user or this file system may not do (owner, devices, trusted.*, flags) is a warning, not a failure. One writer is
// used by one thread at a time; several may share a target. Durable after sync().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/archive/metadata.h"
#include "lib/base/descriptor.h"
#include "lib/base/file_entry.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

// Names of what an interrupted restore leaves; the walk of a target and --delete may remove them.
inline constexpr std::string_view kRestoreTemporaryPrefix = ".sk-restore-";

struct WriterOptions {
  bool numeric_owner = false;
};

// Takes "place: what was not restored", for example "setting the owner: operation not permitted".
using WarningSink = std::function<void(std::string_view place, const std::string& text)>;

class FileWriter;

// A regular file that is being written. Without commit() it leaves nothing.
class PendingFile {
 public:
  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;
  ~PendingFile();

  // Writes content bytes, in any order and from the one thread that owns the file. What is never written is a hole; `offset` is
  // that of the file as readers see it (of a sparse file, too).
  Result<void> write(uint64_t offset, ByteSpan bytes);

  int descriptor() const { return fd_.get(); }         // for reading back what was written

  // Sets size and metadata and renames into place, over a file, link or device, never over a folder (exists).
  Result<void> commit();

 private:
  friend class FileWriter;
  PendingFile() = default;
  FileWriter* writer_ = nullptr;
  Descriptor parent_, fd_;
  std::string temporary_, place_;
  FileEntry entry_;
};

class FileWriter {
 public:
  // Makes the target and its missing parents (symlinks in the target's own path are followed: it is the caller's word).
  static Result<FileWriter> open(const Path& target, WriterOptions options, AccountNames& names, WarningSink warn);

  // Makes a folder and its missing parents (those 0755) or keeps the one that stands; exists when something else is there.
  Result<void> make_folder(std::string_view place);
  // A regular file; its parent must stand. `entry` is copied.
  Result<PendingFile> begin_file(std::string_view place, const FileEntry& entry);
  // Symlink, FIFO, socket or device, with its metadata; replaces everything but a folder (exists). A device that this user may not make
  // is denied.
  Result<void> make_special(std::string_view place, const FileEntry& entry);
  // Another name for what stands at `first`; replaces everything but a folder. Nothing happens when it is that already.
  Result<void> make_hard_link(std::string_view place, std::string_view first);
  // Metadata of what stands, of the same kind as `entry` (failed otherwise): of folders after their children, of files with the right content.
  Result<void> set_metadata(std::string_view place, const FileEntry& entry);
  // Removes a name, and a folder with all below it; nothing there is no error.
  Result<void> remove(std::string_view place);

  // What stands there now, with `path` = place; empty when nothing does.
  Result<std::optional<FileEntry>> current(std::string_view place);
  // Names in a folder, sorted.
  Result<std::vector<std::string>> list(std::string_view place);
  // The content of the regular file that stands there, for verifying. Never follows a symlink.
  Result<Descriptor> open_content(std::string_view place);
  // Are both names of one file?
  Result<bool> same_file(std::string_view place, std::string_view first);

  // Everything written below the target is on disk (syncfs).
  Result<void> sync();

 private:
  friend class PendingFile;
  FileWriter(Descriptor target, WriterOptions options, AccountNames& names, WarningSink warn);
  Result<Descriptor> parent_of(std::string_view place);
  Result<void> make_parents(std::string_view place);
  Result<Descriptor> open_folder(std::string_view place);
  Result<void> publish(int parent, const std::string& temporary, std::string_view place);
  void warn(std::string_view place, const std::vector<std::string>& texts);

  Descriptor target_;
  MetadataOptions metadata_;
  AccountNames* names_;
  WarningSink warn_;
  uint64_t temporary_count_ = 0;
};

}  // namespace sparekeep::agent
