// Writes entries below one target folder, safely against other users of the machine and against hostile snapshots.
//
// A place is a path relative to the target ("srv/www/a"; "" is the target itself), normal, of bytes. Its parent is opened
// with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) and kept open while this writer is at work in it: neither ".." nor a symlink
// that somebody puts in the way leads out of the target; such a place is refused by name. Everything after that goes by descriptor and one name.
//
// Nobody else meets anything half-written under its final name: content, links and devices are made under a temporary name beside it, get their
// metadata there, and are renamed over it. Folders are made first (0700) and get their metadata after their children: in one that this writer
// has made, where nobody else looks until it is finished, links, devices and files that come whole have their names at once; a rename costs nearly as
// much as to make a file. Who is killed there leaves a file that is empty or has another time than its own: the next restore compares it.
//
// What an ordinary user or this file system may not do (owner, devices, trusted.*, flags) is a warning, not a failure. One writer is
// used by any number of threads (`warn` is called by them), and several may share a target. Durable after sync(). A file that is pending must end
// before its writer.
#pragma once

#include "agent/restore/enterable_folders.h"
#include "agent/restore/leftovers.h"
#include "agent/restore/lifted_folders.h"
#include "agent/restore/target_folders.h"
#include "agent/restore/target_writer.h"
#include "lib/base/files.h"

namespace sparekeep::agent {

struct WriterOptions {
  bool numeric_owner = false;
  std::string beneath = {};      // a folder above or at the target: from there on no symlink is followed to it. Empty: all are
  bool names_at_once = false;    // see above; not for who passes over what stands: what a killed restore left must be looked at
};

class FileWriter final : public TargetWriter {
 public:
  // Makes the target and its missing parents (without `beneath` symlinks in the target's own path are followed: it is the caller's word).
  static Result<FileWriter> open(const Path& target, WriterOptions options, AccountNames& names, WarningSink warn);

  const MetadataOptions& metadata() const override { return metadata_; }
  Result<void> make_folder(std::string_view place) override;
  Result<void> make_parents(std::string_view place) override;
  Result<PendingFile> begin_file(std::string_view place, const FileEntry& entry, Arrival arrival = Arrival::in_pieces) override;
  Result<void> make_special(std::string_view place, const FileEntry& entry) override;
  Result<void> make_hard_link(std::string_view place, std::string_view first) override;
  Result<void> set_metadata(std::string_view place, const FileEntry& entry) override;
  Result<void> remove(std::string_view place) override;
  Result<std::optional<FileEntry>> current(std::string_view place) override;
  Result<std::vector<std::string>> list(std::string_view place) override;
  Result<std::vector<std::string>> leftovers(std::string_view place) override;
  Result<Descriptor> open_content(std::string_view place) override;
  Result<bool> same_file(std::string_view place, std::string_view first) override;
  Result<bool> is_mounted(std::string_view place) override;
  Result<void> sync() override;

 private:
  class Ending;
  FileWriter(Descriptor target, const WriterOptions& options, AccountNames& names, WarningSink warn);
  static Result<FileWriter> open_beneath(const Path& target, WriterOptions options, AccountNames& names, WarningSink warn);
  using Make = std::function<bool(int folder, const char* name)>;   // with errno where it fails
  struct Made {
    TargetFolders::Opened folder;
    std::string name;
  };
  bool has_names_at_once(const TargetFolder& folder) const { return names_at_once_ && folder.closed; }
  Result<Made> make(TargetFolders::Opened parent, std::string_view place, const Make& make);
  Result<Made> make_temporary(TargetFolders::Opened parent, std::string_view place, const Make& make);
  Result<void> note_file_system_of(std::string_view place, int fd, FileKind kind);
  Result<void> make_folder_with(std::string_view place, mode_t mode);
  Result<void> make_missing(std::string_view place);
  Result<void> link_to(std::string_view place, std::string_view first);
  Result<void> publish(const Made& made, std::string_view place);
  void warn(std::string_view place, const std::vector<std::string>& texts);

  MetadataOptions metadata_;
  bool names_at_once_;
  AccountNames* names_;
  WarningSink warn_;
  std::unique_ptr<TargetFolders> folders_;
  std::unique_ptr<LiftedFolders> lifted_;
  std::unique_ptr<EnterableFolders> enterable_;
  std::unique_ptr<Temporaries> temporaries_;
};

}  // namespace sparekeep::agent
