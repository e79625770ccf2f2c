// What a restore does below its target, as an interface: by this process itself (file_writer.h), or by another one that holds the rights
// while this one reads what storage systems sent (agent/privileged/remote_target.h). Places are relative to the target, as in file_writer.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/restore/pending_file.h"
#include "lib/archive/metadata.h"
#include "lib/base/file_entry.h"

namespace sparekeep::agent {

// Takes "place: what was not restored", for example "setting the owner: operation not permitted".
using WarningSink = std::function<void(std::string_view place, const std::string& text)>;

enum class Arrival : uint8_t { in_pieces, whole };      // of a file's content; whole: proven by its hash, and written in one step

struct WholeFile {
  std::string_view place;
  const FileEntry* entry = nullptr;
  ByteSpan content;                                    // all of it, proven by its hash
};

constexpr const char* kReadBackWrong = "what was read back is not what the snapshot holds";

class TargetWriter {                                   // used by any number of threads
 public:
  virtual ~TargetWriter() = default;

  // How it sets metadata: whether owners and flags can be set at all.
  virtual const MetadataOptions& metadata() const = 0;

  // Makes a folder and its missing parents (those 0755) or keeps the one that stands; exists when something else is there.
  virtual Result<void> make_folder(std::string_view place) = 0;
  // The same for a folder that no entry speaks of: 0755 like its parents.
  virtual Result<void> make_parents(std::string_view place) = 0;
  // A regular file; its parent must stand. `entry` is copied.
  virtual Result<PendingFile> begin_file(std::string_view place, const FileEntry& entry, Arrival arrival = Arrival::in_pieces) = 0;
  // Is a file like this best given with others, in one step? Then write_wholes() takes it, and gives a result for each: begun, written, committed.
  virtual bool takes_whole(const FileEntry&) const { return false; }
  virtual std::vector<Result<void>> write_wholes(std::span<const WholeFile>) { return {}; }
  // Symlink, FIFO, socket or device, with its metadata; replaces everything but a folder (exists). A device that this user may not make
  // is denied.
  virtual Result<void> make_special(std::string_view place, const FileEntry& entry) = 0;
  // Another name for what stands at `first`; replaces everything but a folder. Nothing happens when it is that already.
  virtual Result<void> make_hard_link(std::string_view place, std::string_view first) = 0;
  // Metadata of what stands, of the same kind as `entry` (failed otherwise): of folders after their children, of files with the right content.
  virtual Result<void> set_metadata(std::string_view place, const FileEntry& entry) = 0;
  // Removes a name, and a folder with all below it; nothing there is no error.
  virtual Result<void> remove(std::string_view place) = 0;

  // What stands there now, with `path` = place; empty when nothing does.
  virtual Result<std::optional<FileEntry>> current(std::string_view place) = 0;
  // Names in a folder, sorted.
  virtual Result<std::vector<std::string>> list(std::string_view place) = 0;
  // Those of them that an interrupted restore left: temporary names that nobody is at.
  virtual Result<std::vector<std::string>> leftovers(std::string_view place) = 0;
  // The content of the regular file that stands there, for verifying. Never follows a symlink.
  virtual Result<Descriptor> open_content(std::string_view place) = 0;
  // Are both names of one file?
  virtual Result<bool> same_file(std::string_view place, std::string_view first) = 0;

  // Is something mounted there, be it what another folder holds? false at the target itself.
  virtual Result<bool> is_mounted(std::string_view place) = 0;

  // Everything written below the target is on disk (syncfs of its file system and of those mounted below it that were written to).
  virtual Result<void> sync() = 0;
};

}  // namespace sparekeep::agent
