#include "agent/restore/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "agent/restore/beneath.h"
#include "agent/restore/entry_difference.h"
#include "agent/restore/protected_file.h"
#include "agent/restore/remove_tree.h"
#include "agent/restore/standing.h"
#include "lib/archive/disk_facts.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr mode_t kParentMode = 0755;
constexpr mode_t kUnfinishedFolderMode = 0700;  // until its children stand
constexpr mode_t kUnfinishedFileMode = 0600;
constexpr int kTemporaryNamesMax = 100;         // tried before a folder full of others is an error

Error place_error(std::string_view step, std::string_view place, int error_number) {
  return system_error(std::string(step) + " " + in_quotes(place), error_number);
}

Error folder_in_the_way(std::string_view place) { return Error(ErrorKind::exists, "a folder stands at " + in_quotes(place)); }

bool make_node(int parent, const char* name, const FileEntry& entry) {
  const dev_t device = makedev(entry.device_major, entry.device_minor);
  switch (entry.kind) {
    case FileKind::symlink: return ::symlinkat(entry.link_target.c_str(), parent, name) == 0;
    case FileKind::fifo: return ::mknodat(parent, name, S_IFIFO | kUnfinishedFileMode, 0) == 0;
    case FileKind::socket: return ::mknodat(parent, name, S_IFSOCK | kUnfinishedFileMode, 0) == 0;
    case FileKind::character_device: return ::mknodat(parent, name, S_IFCHR | kUnfinishedFileMode, device) == 0;
    case FileKind::block_device: return ::mknodat(parent, name, S_IFBLK | kUnfinishedFileMode, device) == 0;
    case FileKind::regular:
    case FileKind::directory: break;
  }
  errno = EINVAL;
  return false;
}

// With this very mode, whatever the umask of the service. The folder is opened without following links: somebody else may write beside it.
bool make_one_folder(int parent, const std::string& name, mode_t mode) {
  if (::mkdirat(parent, name.c_str(), mode) != 0) return false;
  const Descriptor made = open_name(parent, name, O_RDONLY | O_DIRECTORY);
  struct stat facts {};
  if (made && ::fstat(made.get(), &facts) == 0 && facts.st_uid == ::geteuid() && (facts.st_mode & 0777) != mode)
    static_cast<void>(::fchmod(made.get(), (facts.st_mode & ~mode_t{0777} & 07777) | mode));
  return true;
}

}  // namespace

class FileWriter::Ending final : public PendingFile::Ending {
 public:
  Ending(FileWriter& writer, FileWriter::Made made, std::string place, FileEntry entry)
      : writer_(&writer), made_(std::move(made)), place_(std::move(place)), entry_(std::move(entry)) {}
  ~Ending() override {
    if (!named_) ::unlinkat(made_.folder->fd.get(), made_.name.c_str(), 0);
  }

  Result<void> commit(int fd) override {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return place_error("writing", place_, errno);
    if (static_cast<uint64_t>(facts.st_size) != entry_.size && ::ftruncate(fd, static_cast<off_t>(entry_.size)) != 0)
      return place_error("writing", place_, errno);
    MetadataOptions options = writer_->metadata_;
    options.flags = false;  // an immutable file can not be renamed
    options.plain = born_plain(fd);
    writer_->warn(place_, write_metadata(fd, entry_, options, *writer_->names_));
    if (Result<void> done = writer_->publish(made_, place_); !done) return done;
    named_ = true;          // nothing is left to remove
    writer_->folders_->written(entry_.size);
    if (!options.plain || !entry_.flags.empty()) writer_->warn(place_, write_flags(fd, entry_));
    return {};
  }

 private:
  // What the first new file of a folder was born with, the others are. A folder gets its own default ACL and flags after its children.
  bool born_plain(int fd) {
    std::atomic<Birth>& birth = made_.folder->birth;
    if (birth == Birth::unknown) birth = is_plain(fd) ? Birth::plain : Birth::with_metadata;
    return birth == Birth::plain;
  }

  FileWriter* writer_;
  Made made_;
  std::string place_;
  FileEntry entry_;
  bool named_ = false;
};

FileWriter::FileWriter(Descriptor target, const WriterOptions& options, AccountNames& names, WarningSink warn)
    : metadata_(metadata_options(options.numeric_owner)), names_at_once_(options.names_at_once), names_(&names), warn_(std::move(warn)),
      folders_(std::make_unique<TargetFolders>(std::move(target))), lifted_(std::make_unique<LiftedFolders>()),
      enterable_(std::make_unique<EnterableFolders>(folders_->target())), temporaries_(std::make_unique<Temporaries>()) {}

// What an unsigned order names lies below a folder of the host's own list; a link that an earlier restore left there must not lead on.
Result<FileWriter> FileWriter::open_beneath(const Path& target, WriterOptions options, AccountNames& names, WarningSink warn) {
  const std::string base = std::exchange(options.beneath, {});
  if (!path_is_normal(target.native()) || !path_is_within(target.native(), base))
    return Error(ErrorKind::denied, in_quotes(target.native()) + " does not lie below " + in_quotes(base));
  Result<FileWriter> above = open(base, options, names, warn);
  if (!above) return above;
  const std::string place = target.native() == base ? "" : target.native().substr(base == "/" ? 1 : base.size() + 1);
  if (Result<void> made = above->make_missing(place); !made) return made.error();
  Result<Descriptor> fd = open_folder_beneath(above->folders_->target(), place);
  if (!fd) return fd.error();
  return FileWriter(std::move(*fd), options, names, std::move(warn));
}

Result<FileWriter> FileWriter::open(const Path& target, WriterOptions options, AccountNames& names, WarningSink warn) {
  if (!options.beneath.empty()) return open_beneath(target, std::move(options), names, std::move(warn));
  if (Result<void> made = make_folders(target); !made) return made.error();
  Descriptor fd(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return place_error("opening the target", target.native(), errno);
  return FileWriter(std::move(fd), options, names, std::move(warn));
}

void FileWriter::warn(std::string_view place, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) warn_(place, text);
}

// Under its own name where nobody looks yet and nothing stands there, else under a temporary one.
Result<FileWriter::Made> FileWriter::make(TargetFolders::Opened parent, std::string_view place, const Make& make) {
  std::string name(place_name(place));
  if (has_names_at_once(*parent) && make(parent->fd.get(), name.c_str())) return Made{std::move(parent), std::move(name)};
  return make_temporary(std::move(parent), place, make);
}

// Calls make() with temporary names until one is free; several writers in one folder meet by EEXIST, and each starts elsewhere.
// What an interrupted restore left under such a name makes way. A folder that somebody has removed since it was opened is looked for again.
Result<FileWriter::Made> FileWriter::make_temporary(TargetFolders::Opened parent, std::string_view place, const Make& make) {
  bool again = true, lifts = true;
  for (int i = 0; i < kTemporaryNamesMax; ++i) {
    const int folder = parent->fd.get();
    std::string name = temporary_name(temporaries_->count++);
    if (make(folder, name.c_str())) return Made{std::move(parent), std::move(name)};
    if (errno == ENOENT && std::exchange(again, false)) {
      folders_->forget("");
      Result<TargetFolders::Opened> anew = folders_->parent_of(place);
      if (!anew) return anew.error();
      parent = std::move(*anew);
      continue;
    }
    if (errno == EPERM && std::exchange(lifts, false) && lifted_->lift(folder, place_parent(place))) continue;
    if (errno != EEXIST) break;
    if (is_leftover(folder, name) && remove_tree(folder, name) && make(folder, name.c_str())) return Made{std::move(parent), std::move(name)};
    errno = EEXIST;
  }
  return system_error("creating", errno);
}

Result<void> FileWriter::note_file_system_of(std::string_view place, int fd, FileKind kind) {
  if (kind == FileKind::directory) return folders_->note_file_system(fd);   // it may be where another one is mounted
  const Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  return parent ? Result<void>() : parent.error();
}

Result<void> FileWriter::publish(const Made& made, std::string_view place) {
  const int parent = made.folder->fd.get();
  const std::string name(place_name(place)), &temporary = made.name;
  if (temporary == name) return {};
  const auto move = [&] { return ::renameat(parent, temporary.c_str(), parent, name.c_str()) == 0; };
  if (move()) return {};
  if (errno == EPERM && lifted_->lift(parent, place_parent(place)) && move()) return {};
  if (errno == EPERM && despite_protection(parent, name, move)) return {};
  if (errno == EISDIR || errno == ENOTEMPTY) return folder_in_the_way(place);
  return place_error("renaming to", place, errno);
}

Result<void> FileWriter::make_folder(std::string_view place) { return make_folder_with(place, kUnfinishedFolderMode); }

Result<void> FileWriter::make_parents(std::string_view place) { return make_folder_with(place, kParentMode); }

Result<void> FileWriter::make_folder_with(std::string_view place, mode_t mode) {
  if (place.empty()) return {};
  const std::string name(place_name(place));
  Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  const auto made_here = [&] {
    if (!make_one_folder((*parent)->fd.get(), name, mode)) return false;
    if (mode == kUnfinishedFolderMode) folders_->closed(place);
    return true;
  };
  if (parent && made_here()) return {};
  const bool lifted = parent && errno == EPERM && lifted_->lift((*parent)->fd.get(), place_parent(place));
  if (lifted && made_here()) return {};
  if (parent ? errno == ENOENT : parent.error().kind() == ErrorKind::not_found) {
    folders_->forget("");
    if (Result<void> made = make_missing(place_parent(place)); !made) return made;
    parent = folders_->parent_of(place);
    if (parent && made_here()) return {};
  }
  if (!parent) return parent.error();
  if (errno != EEXIST) return place_error("creating", place, errno);
  const Descriptor fd = open_name((*parent)->fd.get(), name, O_PATH);
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return place_error("examining", place, errno);
  if (!S_ISDIR(facts.st_mode)) return Error(ErrorKind::exists, "something that is no folder stands at " + in_quotes(place));
  enterable_->open(fd.get(), facts, place);
  return {};
}

// Folders that no entry speaks of. The place is foreign, but each step is checked by parent_of.
Result<void> FileWriter::make_missing(std::string_view place) {
  for (size_t end = 0; end != std::string_view::npos && end < place.size();) {
    end = place.find('/', end + 1);
    const std::string_view step = place.substr(0, end);
    const Result<TargetFolders::Opened> parent = folders_->parent_of(step);
    if (!parent) return parent.error();
    if (!make_one_folder((*parent)->fd.get(), std::string(place_name(step)), kParentMode) && errno != EEXIST) return place_error("creating", step, errno);
  }
  return {};
}

Result<PendingFile> FileWriter::begin_file(std::string_view place, const FileEntry& entry, Arrival arrival) {
  SK_CHECK(entry.kind == FileKind::regular);
  Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  if (!parent) return parent.error();
  Descriptor fd;
  const auto create = [&](int folder, const char* name, mode_t mode) {
    fd.reset(::openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    return static_cast<bool>(fd);
  };
  if (arrival == Arrival::whole && has_names_at_once(**parent) && create((*parent)->fd.get(), std::string(place_name(place)).c_str(), entry.mode & 0777)) {
    Made made{std::move(*parent), std::string(place_name(place))};
    return PendingFile(std::move(fd), std::string(place), std::make_unique<Ending>(*this, std::move(made), std::string(place), entry));
  }
  Result<Made> made = make_temporary(std::move(*parent), place, [&](int folder, const char* temporary) {
    const std::shared_lock lock(temporaries_->making);
    if (!create(folder, temporary, kUnfinishedFileMode)) return false;
    lock_temporary(fd.get());
    return true;
  });
  if (!made) return made.error().during("writing " + in_quotes(place));
  return PendingFile(std::move(fd), std::string(place), std::make_unique<Ending>(*this, std::move(*made), std::string(place), entry));
}

Result<void> FileWriter::make_special(std::string_view place, const FileEntry& entry) {
  Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  if (!parent) return parent.error();
  const Result<Made> made =
      make(std::move(*parent), place, [&](int folder, const char* temporary) { return make_node(folder, temporary, entry); });
  if (!made) return made.error().during("making the " + std::string(to_text(entry.kind)) + " " + in_quotes(place));
  const int folder = made->folder->fd.get();
  const Descriptor fd = open_name(folder, made->name, O_PATH);
  Result<void> done = fd ? Result<void>() : place_error("opening", place, errno);
  if (done) {
    warn(place, write_metadata(fd.get(), entry, metadata_, *names_));
    done = publish(*made, place);
  }
  if (!done) ::unlinkat(folder, made->name.c_str(), 0);
  return done;
}

// An immutable or append-only file takes no further name: it is neither for that moment.
Result<void> FileWriter::make_hard_link(std::string_view place, std::string_view first) {
  const Result<bool> same = same_file(place, first);
  if (same && *same) return {};
  Result<void> done = link_to(place, first);
  if (done || done.error().kind() != ErrorKind::denied) return done;
  const Result<TargetFolders::Opened> from = folders_->parent_of(first);
  if (!from) return from.error();
  const auto link = [&] {
    done = link_to(place, first);
    if (!done) errno = done.error().kind() == ErrorKind::denied ? EPERM : EIO;   // where another thread has given its flags back, it is worth one more try
    return done.has_value();
  };
  const bool linked = despite_protection((*from)->fd.get(), std::string(place_name(first)), link);
  if (done && !linked) warn(first, {"its file flags do not stand again; set them by chattr"});
  return done;
}

Result<void> FileWriter::link_to(std::string_view place, std::string_view first) {
  Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  if (!parent) return parent.error();
  const Result<TargetFolders::Opened> from = folders_->parent_of(first);
  if (!from) return from.error();
  const std::string first_name(place_name(first));
  const Result<Made> made = make(
      std::move(*parent), place, [&](int folder, const char* temporary) { return ::linkat((*from)->fd.get(), first_name.c_str(), folder, temporary, 0) == 0; });
  if (!made) return made.error().during("linking " + in_quotes(place) + " to " + in_quotes(first));
  const int folder = made->folder->fd.get();
  Result<void> done = publish(*made, place);
  if (!done) static_cast<void>(remove_tree(folder, made->name));      // it may be protected again by now
  return done;
}

Result<void> FileWriter::set_metadata(std::string_view place, const FileEntry& entry) {
  const Result<Descriptor> fd = open_standing(*folders_, place);
  if (!fd) return fd.error();
  const Result<ReadMetadata> standing = read_metadata(fd->get(), *names_);
  if (!standing) return during("examining " + in_quotes(place), Result<void>(standing.error()));
  if (standing->entry.kind != entry.kind)
    return Error(ErrorKind::failed, in_quotes(place) + " is a " + std::string(to_text(standing->entry.kind)) + ", not a " +
                                        std::string(to_text(entry.kind)));
  if (const Result<void> noted = note_file_system_of(place, fd->get(), entry.kind); !noted) return noted;
  if (entry.kind == FileKind::directory) folders_->finished(place), enterable_->finished(place, warn_);
  if (!standing->entry.flags.empty()) static_cast<void>(clear_flags(fd->get()));
  lifted_->forget(fd->get());
  warn(place, write_metadata(fd->get(), entry, metadata_, *names_));
  return {};
}

Result<void> FileWriter::remove(std::string_view place) {
  const Result<TargetFolders::Opened> parent = folders_->parent_of(place);
  if (!parent) return parent.error().kind() == ErrorKind::not_found ? Result<void>() : parent.error();
  folders_->forget(place);
  enterable_->removed(place);
  Result<void> done = remove_tree((*parent)->fd.get(), std::string(place_name(place)));
  if (!done && done.error().kind() == ErrorKind::denied && lifted_->lift((*parent)->fd.get(), place_parent(place)))
    done = remove_tree((*parent)->fd.get(), std::string(place_name(place)));
  return during("removing " + in_quotes(place), std::move(done));
}

Result<std::optional<FileEntry>> FileWriter::current(std::string_view place) { return read_standing(*folders_, place, *names_); }

Result<std::vector<std::string>> FileWriter::list(std::string_view place) {
  const Result<TargetFolders::Opened> folder = folders_->open(place);
  if (!folder) return folder.error();
  return during("listing " + in_quotes(place), list_names((*folder)->fd.get()));
}

Result<std::vector<std::string>> FileWriter::leftovers(std::string_view place) {
  const Result<TargetFolders::Opened> opened = folders_->open(place);
  if (!opened) return opened.error();
  const int folder = (*opened)->fd.get();
  Result<std::vector<std::string>> names = list_names(folder);
  const auto is_in_use = [&](const std::string& name) {
    if (!name.starts_with(kRestoreTemporaryPrefix)) return true;
    const std::lock_guard lock(temporaries_->making);
    return !is_leftover(folder, name);
  };
  if (names) std::erase_if(*names, is_in_use);
  return names;
}

Result<Descriptor> FileWriter::open_content(std::string_view place) {
  Result<Descriptor> fd = open_standing(*folders_, place);
  if (!fd) return fd;
  struct stat facts {};
  if (::fstat(fd->get(), &facts) != 0) return place_error("examining", place, errno);
  if (!S_ISREG(facts.st_mode)) return Error(ErrorKind::failed, in_quotes(place) + " is not a regular file");
  return fd;
}

Result<bool> FileWriter::same_file(std::string_view place, std::string_view first) {
  return same_standing(*folders_, place, first);
}

Result<bool> FileWriter::is_mounted(std::string_view place) { return is_mount_point(*folders_, place); }

// In any case: a folder that lacks its flags or its mode makes nothing else less durable.
Result<void> FileWriter::sync() {
  const Result<void> modes = enterable_->give_back(warn_), flags = lifted_->give_back(warn_);
  const Result<void> synced = folders_->sync();
  return !modes ? modes : !flags ? flags : synced;
}

}  // namespace sparekeep::agent
