#include "agent/restore/standing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "agent/restore/beneath.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

// Folders and files that this user may not open are still examined, by O_PATH.
Descriptor open_for_facts(int folder, std::string_view name) {
  Descriptor looked = open_name(folder, name, O_PATH);
  struct stat facts {};
  if (!looked || ::fstat(looked.get(), &facts) != 0) return {};
  if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return looked;
  Descriptor opened = open_name(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  return opened ? std::move(opened) : std::move(looked);
}

}  // namespace

Result<Descriptor> open_standing(TargetFolders& folders, std::string_view place) {
  const Result<TargetFolders::Opened> parent = folders.open(place_parent(place));
  if (!parent) return parent.error();
  if (!place_is_normal(place)) return Error(ErrorKind::denied, in_quotes(place) + " is not a path below the target");
  Descriptor fd = open_for_facts((*parent)->fd.get(), place_name(place));
  if (!fd) return system_error("opening " + in_quotes(place), errno);
  return fd;
}

Result<std::optional<FileEntry>> read_standing(TargetFolders& folders, std::string_view place, AccountNames& names) {
  const Result<Descriptor> fd = open_standing(folders, place);
  if (!fd && fd.error().kind() == ErrorKind::not_found) return std::optional<FileEntry>();
  if (!fd) return fd.error();
  Result<ReadMetadata> read = read_metadata(fd->get(), names);
  if (!read) return read.error().during("examining " + in_quotes(place));
  read->entry.path = place;
  return std::optional<FileEntry>(std::move(read->entry));
}

Result<bool> same_standing(TargetFolders& folders, std::string_view place, std::string_view first) {
  struct stat facts[2] = {};
  const std::string_view places[2] = {place, first};
  for (size_t i = 0; i < 2; ++i) {
    const Result<Descriptor> fd = open_standing(folders, places[i]);
    if (!fd && fd.error().kind() == ErrorKind::not_found) return false;
    if (!fd) return fd.error();
    if (::fstat(fd->get(), &facts[i]) != 0) return system_error("examining " + in_quotes(places[i]), errno);
  }
  return facts[0].st_ino == facts[1].st_ino && facts[0].st_dev == facts[1].st_dev && !S_ISDIR(facts[0].st_mode);
}

Result<bool> is_mount_point(TargetFolders& folders, std::string_view place) {
  if (place.empty()) return false;
  if (!place_is_normal(place)) return Error(ErrorKind::denied, in_quotes(place) + " is not a path below the target");
  const Result<TargetFolders::Opened> parent = folders.open(place_parent(place));
  if (!parent) return parent.error();
  if (open_unmounted((*parent)->fd.get(), place_name(place), O_PATH)) return false;
  if (errno == EXDEV) return true;
  return system_error("examining " + in_quotes(place), errno);
}

Result<std::vector<std::string>> list_names(int folder) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return system_error("opening", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::fdopendir(copy), ::closedir);
  if (!handle) {
    ::close(copy);
    return system_error("opening", errno);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return system_error("reading", errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sparekeep::agent
