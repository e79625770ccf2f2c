#include "agent/source/walk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "agent/source/folder_stack.h"
#include "agent/source/folder_tags.h"
#include "agent/source/hard_links.h"
#include "agent/source/mounts.h"
#include "agent/source/open_at.h"
#include "lib/archive/metadata.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

Error no_such_source(const std::string& root, const Error& why) {
  if (why.kind() == ErrorKind::not_found)
    return Error(ErrorKind::not_found, "no such source: " + in_quotes(root) + "; nothing was backed up");
  return Error(why.kind(), "source " + in_quotes(root) + ": " + why.text() + "; nothing was backed up");
}

Result<void> check_root(const std::string& root) {
  const Result<Descriptor> parent = open_parent(root);
  if (!parent) return no_such_source(root, parent.error());
  struct stat facts {};
  const std::string name(path_name(root));
  if (::fstatat(parent->get(), name.empty() ? "." : name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return no_such_source(root, system_error("examining", errno));
}

struct Roots {                            // normal, in path order
  std::vector<std::string> all, walked;   // the latter without those that lie in another
};

// Each is asked for before the first entry, so that a missing one makes no half snapshot.
Result<Roots> ordered_roots(const std::vector<std::string>& written) {
  Roots roots;
  for (const std::string& path : written) {
    Result<std::string> normal = normal_path(path);
    if (!normal) return normal.error();
    if (Result<void> there = check_root(*normal); !there) return there.error();
    roots.all.push_back(std::move(*normal));
  }
  std::sort(roots.all.begin(), roots.all.end(), PathLess());
  for (const std::string& path : roots.all)
    if (roots.walked.empty() || !path_is_within(path, roots.walked.back())) roots.walked.push_back(path);
  return roots;
}

bool has_open_facts(mode_t mode) { return S_ISREG(mode) || S_ISDIR(mode); }

class Walk {
 public:
  Walk(const Roots& roots, const WalkOptions& options, AccountNames& names, WalkSink& sink)
      : roots_(roots.all), has_inner_roots_(roots.all.size() > roots.walked.size()), options_(options), names_(names), sink_(sink),
        folders_(options.open_directories_max) {}

  // The root itself, then all below it.
  void root(const std::string& path) {
    const Result<Descriptor> parent = open_parent(path);
    if (!parent) return problem(path, parent.error());
    const std::string name(path_name(path));
    visit(parent->get(), name.empty() ? "." : name.c_str(), path);
    while (!folders_.empty()) step();
  }

 private:
  void problem(const std::string& path, const Error& error) { sink_.problem({path, error.text()}); }
  void problem(const std::string& path, int error_number) {
    if (error_number == ENOENT) return sink_.problem({path, "vanished while it was listed"});
    sink_.problem({path, system_error("opening", error_number).text()});
  }

  void step() {
    Folder& folder = folders_.top();
    if (!folder.names.done()) {
      const char* name = folder.names.take();
      return visit(folder.fd.get(), name, path_below(folder.path, name));
    }
    Result<void> left = leave();
    while (!left) {  // the rest of the folder above can not be reached: told once, and left as well
      problem(folders_.top().path, left.error());
      left = leave();
    }
  }

  Result<void> leave() {
    if (folders_.top().held) --held_;
    return folders_.pop();
  }

  bool is_root(const std::string& path) const {
    return folders_.empty() || (has_inner_roots_ && std::binary_search(roots_.begin(), roots_.end(), path, PathLess()));
  }

  // Before anything is asked of the system: a cache may have a million names.
  bool is_beside_tag(const char* name) {
    const std::vector<std::string>& tags = folders_.top().tags;
    return !tags.empty() && std::find(tags.begin(), tags.end(), name) == tags.end();
  }

  PathChoice chosen(const std::string& path, const struct stat& facts) const {
    if (S_ISREG(facts.st_mode) && static_cast<uint64_t>(facts.st_size) > options_.file_bytes_max) return PathChoice::leave;
    return options_.choose ? options_.choose(path, S_ISDIR(facts.st_mode)) : PathChoice::take;
  }

  // Roots stay, whatever they lie in: each is walked as if it lay in none.
  void roots_below(const std::string& folder) {
    auto at = std::upper_bound(roots_.begin(), roots_.end(), folder, PathLess());
    if (at == roots_.end() || !path_is_within(*at, folder)) return;
    take_held();                        // their entries come before those of what lies below them
    FolderStack outer = std::exchange(folders_, FolderStack(options_.open_directories_max));
    const std::string* last = nullptr;
    for (; at != roots_.end() && path_is_within(*at, folder); ++at)
      if (!last || !path_is_within(*at, *last)) last = &*at, root(*at);
    folders_ = std::move(outer);
  }

  void visit(int folder, const char* name, const std::string& path) {
    const bool named = is_root(path);
    if (!named && is_beside_tag(name)) return roots_below(path);
    struct stat facts {};
    if (::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) return problem(path, errno);
    const PathChoice choice = named ? PathChoice::take : chosen(path, facts);
    if (choice == PathChoice::leave) return roots_below(path);
    if (choice == PathChoice::look_inside) return hold(folder, name, path, facts);
    take_held();
    take(folder, name, path, facts);
  }

  void take(int folder, const char* name, const std::string& path, const struct stat& facts) {
    const bool known = taken_over(facts, path);
    if (known && !S_ISDIR(facts.st_mode)) return;
    Descriptor fd = open_entry(folder, name, path, facts.st_mode);
    if (!fd) return;
    if (known) return descend(std::move(fd), facts, path);
    std::optional<ReadMetadata> read = read_entry(fd.get(), path, facts);
    if (!read) return;
    emit(std::move(*read), path, S_ISREG(facts.st_mode) ? std::move(fd) : Descriptor());
    if (S_ISDIR(facts.st_mode)) descend(std::move(fd), facts, path);      // NOLINT(bugprone-use-after-move): a folder's is not moved above
  }

  // Between stat and open it can have become something else: then it is told, not guessed at.
  std::optional<ReadMetadata> read_entry(int fd, const std::string& path, const struct stat& facts) {
    Result<ReadMetadata> read = read_metadata(fd, names_);
    if (!read) problem(path, read.error());
    else if (read->entry.inode != facts.st_ino || read->entry.device != facts.st_dev)
      sink_.problem({path, "became another file while it was listed"});
    else return std::move(*read);
    return std::nullopt;
  }

  void hold(int folder, const char* name, const std::string& path, const struct stat& facts) {
    Descriptor fd = open_entry(folder, name, path, facts.st_mode);
    std::optional<ReadMetadata> read = fd ? read_entry(fd.get(), path, facts) : std::nullopt;
    if (read) descend(std::move(fd), facts, path, HeldFolder{facts, std::move(*read)});
  }

  // The folders above, of which there is an entry only now.
  void take_held() {
    if (held_ == 0) return;
    for (Folder& folder : folders_.all()) {
      if (!folder.held) continue;
      const std::string path = folders_.path_of(folder);
      if (!taken_over(folder.held->facts, path)) emit(std::move(folder.held->read), path, Descriptor());
      folder.held.reset();
    }
    held_ = 0;
  }

  bool taken_over(const struct stat& facts, const std::string& path) {
    std::optional<FileEntry> entry = entry_of_stat(facts, names_);
    if (!entry) return false;
    entry->path = path;
    entry->hard_link = links_.first_name(*entry);
    if (!sink_.take_over(*entry)) return false;
    links_.count(*entry);
    return true;
  }

  // Regular files and folders are opened; everything else is only looked at. A folder that may not be read is still an entry.
  Descriptor open_entry(int folder, const char* name, const std::string& path, mode_t mode) {
    if (!has_open_facts(mode)) {
      Descriptor fd = open_path_only(folder, name);
      if (!fd) problem(path, errno);
      return fd;
    }
    Descriptor fd = open_for_reading(folder, name, S_ISDIR(mode) ? O_DIRECTORY : 0);
    if (fd) return fd;
    const int error_number = errno;
    problem(path, error_number);
    return S_ISDIR(mode) && error_number == EACCES ? open_path_only(folder, name) : Descriptor();
  }

  void emit(ReadMetadata read, const std::string& path, Descriptor opened) {
    for (std::string& text : read.problems) sink_.problem({path, std::move(text)});
    read.entry.path = path;
    links_.resolve(read.entry);
    sink_.entry(std::move(read.entry), std::move(opened));
  }

  void descend(Descriptor fd, const struct stat& facts, const std::string& path, std::optional<HeldFolder> held = std::nullopt) {
    struct stat now {};
    if (::fstat(fd.get(), &now) != 0) return problem(path, errno);
    if (now.st_ino != facts.st_ino || now.st_dev != facts.st_dev) return sink_.problem({path, "became another file while it was listed"});
    const bool named = is_root(path), is_mount = !named && folders_.top().device != facts.st_dev;
    if (!named && !folders_.top().tags.empty()) return roots_below(path);      // the tag is a folder itself
    if (is_mount && (options_.one_file_system || is_pseudo_file_system(fd.get()))) return roots_below(path);
    if ((::fcntl(fd.get(), F_GETFL) & O_PATH) != 0) return;  // may not be read: told already
    Result<NameList> names = NameList::read(fd.get());
    if (!names) return problem(path, names.error());
    if (names->done()) tell_empty(fd.get(), path);
    std::vector<std::string> tags = tags_in(fd.get(), *names, options_.tags, options_.cache_tags);
    if (held) ++held_;
    folders_.push({std::move(fd), facts.st_dev, facts.st_ino, path, std::move(*names), std::move(tags), std::move(held)});
  }

  void tell_empty(int folder, const std::string& path) {
    if (!options_.empty_root || !std::binary_search(roots_.begin(), roots_.end(), path, PathLess())) return;
    struct statx facts {};
    if (::statx(folder, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &facts) != 0) return problem(path, errno);
    EmptyRoot root{path, facts.stx_ino, {facts.stx_ctime.tv_sec, facts.stx_ctime.tv_nsec}, {}};
    if ((facts.stx_mask & STATX_BTIME) != 0) root.born = FileTime{facts.stx_btime.tv_sec, facts.stx_btime.tv_nsec};
    options_.empty_root(root);
  }

  const std::vector<std::string>& roots_;
  const bool has_inner_roots_;                         // some lie in others
  const WalkOptions& options_;
  AccountNames& names_;
  WalkSink& sink_;
  FolderStack folders_;
  size_t held_ = 0;                                    // of these folders
  HardLinks links_;
};

}  // namespace

Result<void> check_roots(const std::vector<std::string>& written) {
  const Result<Roots> roots = ordered_roots(written);
  return roots ? Result<void>() : roots.error();
}

Result<void> walk(const std::vector<std::string>& written, const WalkOptions& options, AccountNames& names, WalkSink& sink) {
  SK_CHECK(options.open_directories_max >= 2);
  const Result<Roots> roots = ordered_roots(written);
  if (!roots) return roots.error();
  if (roots->walked.empty()) return Error(ErrorKind::usage, "no source to back up");
  Walk walk(*roots, options, names, sink);
  for (const std::string& root : roots->walked) walk.root(root);
  return {};
}

}  // namespace sparekeep::agent
