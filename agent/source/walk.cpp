#include "agent/source/walk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/source/generated.h"
#include "agent/source/hard_links.h"
#include "agent/source/mounts.h"
#include "agent/source/open_at.h"
#include "agent/source/scout.h"
#include "lib/archive/disk_facts.h"
#include "lib/archive/metadata.h"
#include "lib/base/caught.h"
#include "lib/base/clock.h"
#include "lib/base/path_order.h"
#include "lib/base/queue.h"

namespace sparekeep::agent {

namespace {

constexpr const char* kLeased = "another program has a lease on it (a file server, for a client that writes) and did not give it up";
constexpr size_t kStretchesMax = 2;       // that wait; one is being made beside them, and one taken
constexpr int kLooksMax = 5;              // at a sparse file that changes all the time

// Takes what the scout has found, in its order: asks the sink whether it is known, and opens it otherwise.
class Walk {
 public:
  Walk(const WalkOptions& options, AccountNames& names, WalkSink& sink) : options_(options), names_(names), sink_(sink) {}

  void take(Scouted found) {
    found.each([&](const Scouted::Entry& entry, std::string_view rest) { take(found, entry, rest); }, [&](Scouted::Note note) { tell(std::move(note)); });
  }

 private:
  struct HeldFolder {                     // of which an entry is made when something below it is one
    size_t path_length = 0;
    struct stat facts {};
    ReadMetadata read;
  };

  std::string& path() { return facts_.path; }
  void problem(std::string text) { sink_.problem({path(), std::move(text)}); }
  void problem(int error_number) {
    if (error_number == EWOULDBLOCK) return problem(kLeased);
    problem(error_number == ENOENT ? "vanished while it was listed" : system_error("opening", error_number).text());
  }

  void tell(Scouted::Note note) {
    if (SourceProblem* problem = std::get_if<SourceProblem>(&note)) return sink_.problem(std::move(*problem));
    options_.empty_root(std::get<EmptyRoot>(note));
  }

  void take(const Scouted& found, const Scouted::Entry& entry, std::string_view rest) {
    path().resize(entry.kept);
    path() += rest;
    while (!held_.empty() && held_.back().path_length > entry.kept) held_.pop_back();
    if (entry.held) return hold(found.opened_of(entry), entry.facts);
    if (!held_.empty()) take_held();
    if (taken_over(entry.facts)) return;
    if (S_ISDIR(entry.facts.st_mode)) take_folder(found.opened_of(entry));
    else take_file(found.folder_of(entry), entry);
  }

  void take_folder(int opened) {
    if (opened < 0) return;               // why has been told
    Result<ReadMetadata> read = read_metadata(opened, names_);
    if (!read) return problem(read.error().text());
    emit(std::move(*read), Descriptor());
  }

  // The scout may have seen it a while ago, and files are replaced all the time: one that is not what it was then is looked at once more. Between
  // that look and the opening it can have become something else as well: then it is told, not guessed at.
  void take_file(int folder, const Scouted::Entry& entry) {
    struct stat facts = entry.facts;
    const std::string name(path_name(path()));
    Descriptor fd = open_entry(folder, name.c_str(), facts.st_mode);
    if (!fd && errno == EWOULDBLOCK) return problem(errno);
    if (is_same(fd, facts)) return read_file(std::move(fd), facts, entry.named);
    if (::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return problem(errno);
    if (S_ISDIR(facts.st_mode)) return problem(kBecameAnother);
    fd = open_entry(folder, name.c_str(), facts.st_mode);
    if (!fd) return problem(errno);
    if (!is_same(fd, facts)) return problem(kBecameAnother);
    read_file(std::move(fd), facts, entry.named);
  }

  // Regular files are opened; everything else is only looked at.
  Descriptor open_entry(int folder, const char* name, mode_t mode) const {
    return S_ISREG(mode) ? open_leased(folder, name) : open_path_only(folder, name);
  }

  // To open without waiting asks for the lease, and fails as long as it is held.
  Descriptor open_leased(int folder, const char* name) const {
    Descriptor fd = open_for_reading(folder, name);
    for (unsigned again = 0; !fd && errno == EWOULDBLOCK; ++again) {
      const bool goes_on = options_.wait_for_lease && options_.wait_for_lease(again);
      errno = EWOULDBLOCK;
      if (!goes_on) break;
      fd = open_for_reading(folder, name);
    }
    return fd;
  }

  // An inode may be given out again, to another kind of file. `facts` are those of now, then.
  static bool is_same(const Descriptor& fd, struct stat& facts) {
    const struct stat before = facts;
    if (!fd || ::fstat(fd.get(), &facts) != 0) return false;
    return facts.st_ino == before.st_ino && facts.st_dev == before.st_dev && ((facts.st_mode ^ before.st_mode) & S_IFMT) == 0;
  }

  // Where the data of a sparse file lies is asked in a later tick than that of its last change: a write in the same one moves no time, and nobody would
  // hear of a hole that it fills. Of one that changes all the time no change time is kept: its content will be told as changed while it was read.
  Result<ReadMetadata> read_settled(int fd, const struct stat& facts) {
    FileEntry before;
    if (!set_from_stat(before, facts) || before.kind != FileKind::regular) return read_metadata(fd, names_);
    bool is_sparse = may_have_holes(facts);
    for (int look = 0; look < kLooksMax; ++look) {
      if (is_sparse) wait_for_tick_after(before.ctime.seconds, before.ctime.nanoseconds);
      Result<ReadMetadata> read = read_metadata(fd, names_);
      if (!read || read->entry.data_extents.empty() || (is_sparse && read->entry.ctime == before.ctime)) return read;
      is_sparse = true, before.ctime = read->entry.ctime;
    }
    Result<ReadMetadata> read = read_metadata(fd, names_);
    if (read) read->entry.ctime = {};
    return read;
  }

  // It may have grown since the scout has seen it: how long it may be is asked again.
  void read_file(Descriptor fd, const struct stat& facts, bool named) {
    Result<ReadMetadata> read = read_settled(fd.get(), facts);
    if (!read) return problem(read.error().text());
    const bool is_regular = read->entry.kind == FileKind::regular;
    if (is_regular && read->entry.size == 0 && facts.st_blocks == 0 && lies_among_generated(fd.get(), facts.st_dev)) {
      Result<Descriptor> copy = copy_of_generated(fd.get(), read->entry);
      if (!copy) return problem(copy.error().text());
      if (*copy) fd = std::move(*copy);
    }
    if (is_regular && !named && read->entry.size > options_.file_bytes_max) return;
    emit(std::move(*read), is_regular ? std::move(fd) : Descriptor());
  }

  // Asked once for the empty files of one file system.
  bool lies_among_generated(int fd, dev_t device) {
    if (!empty_on_ || *empty_on_ != device) empty_on_ = device, is_generated_ = is_pseudo_file_system(fd);
    return is_generated_;
  }

  void hold(int opened, const struct stat& facts) {
    if (opened < 0) return;
    Result<ReadMetadata> read = read_metadata(opened, names_);
    if (!read) return problem(read.error().text());
    held_.push_back({path().size(), facts, std::move(*read)});
  }

  // The folders above, of which there is an entry only now.
  void take_held() {
    const std::string below = path();
    for (HeldFolder& folder : std::exchange(held_, {})) {
      path() = below.substr(0, folder.path_length);
      if (!taken_over(folder.facts)) emit(std::move(folder.read), Descriptor());
    }
    path() = below;
  }

  // Of the entry at path(). Neighbours have the same owner, mostly.
  bool taken_over(const struct stat& facts) {
    const uint32_t user = facts_.uid, group = facts_.gid;
    if (!set_from_stat(facts_, facts)) return false;
    if (facts_.uid != user || !has_owner_) facts_.user = names_.user_name(facts_.uid);
    if (facts_.gid != group || !has_owner_) facts_.group = names_.group_name(facts_.gid);
    has_owner_ = true;
    facts_.hard_link = links_.first_name(facts_);
    if (!sink_.take_over(facts_)) return false;
    links_.count(facts_);
    return true;
  }

  void emit(ReadMetadata read, Descriptor opened) {
    for (std::string& text : read.problems) problem(std::move(text));
    read.entry.path = path();
    links_.resolve(read.entry);
    sink_.entry(std::move(read.entry), std::move(opened));
  }

  const WalkOptions& options_;
  AccountNames& names_;
  WalkSink& sink_;
  FileEntry facts_;                       // of the entry where it stands, as stat(2) says: made once
  bool has_owner_ = false;                // the names of an owner, those of its numbers
  std::vector<HeldFolder> held_;          // each above the next, and all above that entry
  HardLinks links_;
  std::optional<dev_t> empty_on_;         // where the last empty file lay
  bool is_generated_ = false;
};

// The scout's thread; gone before what it uses is, whoever throws.
class ScoutThread {
 public:
  ScoutThread(const Roots& roots, const WalkOptions& options, BoundedQueue<Scouted>& found) : found_(found), thread_([&roots, &options, &found] {
    const Result<void> done = caught([&] {
      Scout(roots, options, [&found](Scouted stretch) {
        if (!found.push(std::move(stretch))) throw Error(ErrorKind::closed, "the walk has ended");
      }).run();
    });
    done ? found.close() : found.close(done.error());
  }) {}
  ScoutThread(const ScoutThread&) = delete;
  ~ScoutThread() { found_.close(), thread_.join(); }

 private:
  BoundedQueue<Scouted>& found_;
  std::thread thread_;
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
  Walk walk(options, names, sink);
  BoundedQueue<Scouted> found(kStretchesMax);
  std::optional<ScoutThread> scout;
  try {
    scout.emplace(*roots, options, found);
  } catch (const std::system_error&) {    // no thread is to be had
    Scout(*roots, options, [&walk](Scouted stretch) { walk.take(std::move(stretch)); }).run();
    return {};
  }
  while (std::optional<Scouted> stretch = found.pop()) walk.take(std::move(*stretch));
  return {};
}

}  // namespace sparekeep::agent
