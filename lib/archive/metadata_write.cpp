#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "lib/archive/attributes.h"
#include "lib/archive/disk_facts.h"
#include "lib/archive/metadata.h"
#include "lib/archive/time_text.h"

namespace sparekeep {

namespace {

// One file whose metadata is being written, and what was not allowed on the way. What stands is asked again only after it was changed.
class Writing {
 public:
  Writing(int fd, const FileEntry& entry) : fd_(fd), entry_(entry) { look(); }

  void owner(Owner wanted, bool allowed) {
    if (standing_owner() == wanted) return;
    give(wanted, allowed);
    look();                           // it may have cost setuid and setgid
  }

  void attributes() {
    if (write_attributes(fd_, entry_.attributes, warnings_)) look();   // an ACL changes the mode
  }

  void mode(uint32_t wanted) {
    if (entry_.kind == FileKind::symlink) return;
    if (wanted != entry_.mode) warnings_.push_back("setuid and setgid are left out: the owner is another");
    if ((facts_.st_mode & 07777) == wanted) return;
    if (::fchmod(fd_, wanted) == 0) return;
    const bool path_only = errno == EBADF;
    if (!path_only || ::chmod(("/proc/self/fd/" + std::to_string(fd_)).c_str(), wanted) != 0) warn("setting the mode", errno);
  }

  void times() {
    const timespec times[2] = {{0, UTIME_OMIT}, {entry_.mtime.seconds, entry_.mtime.nanoseconds}};
    if (facts_.st_mtim.tv_sec == times[1].tv_sec && facts_.st_mtim.tv_nsec == times[1].tv_nsec) return;
    if (::utimensat(fd_, "", times, AT_EMPTY_PATH) != 0) return warn("setting the time", errno);
    look();                           // a file system takes what it can not keep, and keeps something else
    if (facts_.st_mtim.tv_sec != times[1].tv_sec || facts_.st_mtim.tv_nsec != times[1].tv_nsec)
      warnings_.push_back("the file system keeps the time " + time_text(times[1]) + " as " + time_text(facts_.st_mtim));
  }

  Owner standing_owner() const { return {facts_.st_uid, facts_.st_gid}; }
  std::vector<std::string> take_warnings() { return std::move(warnings_); }
  void add(std::vector<std::string> more) { warnings_.insert(warnings_.end(), more.begin(), more.end()); }

 private:
  void give(Owner wanted, bool allowed) {
    const std::string step = "setting the owner to " + std::to_string(wanted.uid) + ":" + std::to_string(wanted.gid);
    if (allowed && ::fchownat(fd_, "", wanted.uid, wanted.gid, AT_EMPTY_PATH) == 0) return;
    const int error_number = allowed ? errno : EPERM;
    // The group alone may be given to one of the user's own groups.
    const bool group_given = facts_.st_gid == wanted.gid || ::fchownat(fd_, "", static_cast<uid_t>(-1), wanted.gid, AT_EMPTY_PATH) == 0;
    if (!group_given || facts_.st_uid != wanted.uid) warn(step, error_number);
  }
  void look() { SK_CHECK(::fstat(fd_, &facts_) == 0); }
  void warn(std::string_view step, int error_number) { warnings_.push_back(system_error(step, error_number).text()); }

  int fd_;
  const FileEntry& entry_;
  struct stat facts_ {};
  std::vector<std::string> warnings_;
};

}  // namespace

Owner owner_here(const FileEntry& entry, const MetadataOptions& options, AccountNames& names) {
  Owner owner{entry.uid, entry.gid};
  if (options.numeric_owner) return owner;
  if (!entry.user.empty()) owner.uid = names.user_number(entry.user).value_or(entry.uid);
  if (!entry.group.empty()) owner.gid = names.group_number(entry.group).value_or(entry.gid);
  return owner;
}

uint32_t mode_for_owner(const FileEntry& entry, Owner wanted, Owner standing) {
  if (entry.kind == FileKind::directory) return entry.mode;  // setgid there only passes a group on
  uint32_t mode = entry.mode;
  if (standing.uid != wanted.uid) mode &= ~static_cast<uint32_t>(S_ISUID);
  if (standing != wanted) mode &= ~static_cast<uint32_t>(S_ISGID);
  return mode;
}

std::vector<std::string> write_metadata(int fd, const FileEntry& entry, const MetadataOptions& options, AccountNames& names) {
  Writing writing(fd, entry);
  const Owner wanted = owner_here(entry, options, names);
  writing.owner(wanted, options.owner);
  if (!options.plain || !entry.attributes.empty()) writing.attributes();
  writing.mode(mode_for_owner(entry, wanted, writing.standing_owner()));
  writing.times();
  if (options.flags && (!options.plain || !entry.flags.empty())) writing.add(write_flags(fd, entry));
  return writing.take_warnings();
}

bool is_plain(int fd) {
  std::vector<std::string> problems;
  const Attributes attributes = read_attributes(fd, problems);
  const bool labels_only = std::all_of(attributes.begin(), attributes.end(), [](const auto& attribute) { return is_machine_label(attribute.first); });
  return problems.empty() && labels_only && read_flags(fd).empty();
}

std::vector<std::string> write_flags(int fd, const FileEntry& entry) {
  if (entry.kind != FileKind::regular && entry.kind != FileKind::directory) return {};
  const Result<void> done = set_flags(fd, entry.flags);
  return done ? std::vector<std::string>{} : std::vector<std::string>{done.error().text()};
}

Result<void> clear_flags(int fd) { return clear_protection(fd); }

}  // namespace sparekeep
