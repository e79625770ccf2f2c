#include "agent/source/scout.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/source/folder_tags.h"
#include "agent/source/mounts.h"
#include "agent/source/open_at.h"
#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kNamesBetweenLooks = 256;   // whether it is stopped

}  // namespace

void Scout::run() {
  for (const std::string& path : roots_.walked) root(path, 0);
  if (!found_.empty()) hand_on();
}

void Scout::hand_on() { hand_on_(std::exchange(found_, Scouted())); }

void Scout::note(Scouted::Note note) {
  found_.add(std::move(note));
  if (found_.full()) hand_on();
}

void Scout::problem(const std::string& path, int error_number) {
  if (error_number == ENOENT) return note(SourceProblem{path, "vanished while it was listed"});
  note(SourceProblem{path, system_error("opening", error_number).text()});
}

// The root itself, then all below it.
void Scout::root(const std::string& path, size_t kept) {
  Result<Descriptor> parent = open_parent(path);
  if (!parent) return note(SourceProblem{path, parent.error().text()});
  const std::string name(path_name(path));
  path_ = path;
  found_.count_opened();                  // the stretch holds it
  visit(std::make_shared<const Descriptor>(std::move(*parent)), {name.empty() ? "." : name.c_str()}, kept);
  while (!folders_.empty()) step();
}

void Scout::step() {
  Folder& folder = folders_.top();
  if (!folder.names.done()) {
    end_when_stopped();
    const NameList::Name name = folder.names.take();
    const size_t kept = folder.path.size();
    path_.resize(kept);
    if (kept > 1) path_ += '/';
    path_ += name.text;
    return visit(folder.fd, name, kept);
  }
  Result<void> left = leave();
  while (!left) {  // the rest of the folder above can not be reached: told once, and left as well
    note(SourceProblem{folders_.top().path, left.error().text()});
    left = leave();
  }
}

// What is left out does not come to the sink, which could end the walk otherwise.
void Scout::end_when_stopped() {
  if (++names_ % kNamesBetweenLooks == 0 && options_.stopped && options_.stopped()) throw Error(ErrorKind::interrupted, "the walk was stopped");
}

Result<void> Scout::leave() {
  const Result<bool> reopened = folders_.pop();
  if (!reopened) return reopened.error();
  if (*reopened) found_.count_opened();
  return {};
}

bool Scout::is_root(const std::string& path) const {
  return folders_.empty() || (has_inner_roots_ && std::binary_search(roots_.all.begin(), roots_.all.end(), path, PathLess()));
}

// Before anything is asked of the system: a cache may have a million names.
bool Scout::is_beside_tag(const char* name) {
  const std::vector<std::string>& tags = folders_.top().tags;
  return !tags.empty() && std::find(tags.begin(), tags.end(), name) == tags.end();
}

PathChoice Scout::chosen(const Found& found) const {
  const struct stat& facts = found.facts;
  if (found.named) return PathChoice::take;
  if (S_ISREG(facts.st_mode) && static_cast<uint64_t>(facts.st_size) > options_.file_bytes_max) return PathChoice::leave;
  return options_.choose ? options_.choose(path_, S_ISDIR(facts.st_mode)) : PathChoice::take;
}

// Roots stay, whatever they lie in: each is walked as if it lay in none.
void Scout::roots_below() {
  if (!has_inner_roots_) return;
  const std::string folder = path_;
  auto at = std::upper_bound(roots_.all.begin(), roots_.all.end(), folder, PathLess());
  if (at == roots_.all.end() || !path_is_within(*at, folder)) return;
  FolderStack outer = std::exchange(folders_, FolderStack(options_.open_directories_max));
  const size_t kept = outer.empty() ? 0 : outer.top().path.size();
  const std::string* last = nullptr;
  for (; at != roots_.all.end() && path_is_within(*at, folder); ++at)
    if (!last || !path_is_within(*at, *last)) last = &*at, root(*at, kept);
  folders_ = std::move(outer);
}

void Scout::visit(const OpenFolder& folder, NameList::Name name, size_t kept) {
  Found found{.kept = kept, .named = is_root(path_)};
  if (!found.named && is_beside_tag(name.text)) return roots_below();
  if (name.is_folder && visit_listed_folder(folder, name.text, found)) return;
  if (::fstatat(folder->get(), name.text, &found.facts, AT_SYMLINK_NOFOLLOW) != 0) return problem(path_, errno);
  const PathChoice choice = chosen(found);
  if (choice == PathChoice::leave) return roots_below();
  found.held = choice == PathChoice::look_inside;
  if (!S_ISDIR(found.facts.st_mode)) return add(found, folder, nullptr);
  bool may_be_listed = true;
  Descriptor fd = open_folder(folder->get(), name.text, found.facts, may_be_listed);
  add_folder(found, folder, std::move(fd), may_be_listed);
}

// Opened at once, and asked itself what it is. false: it is something else now, or cannot be opened.
bool Scout::visit_listed_folder(const OpenFolder& folder, const char* name, Found found) {
  found.facts.st_mode = S_IFDIR;
  const PathChoice choice = chosen(found);
  if (choice == PathChoice::leave) return roots_below(), true;
  found.held = choice == PathChoice::look_inside;
  Descriptor fd = open_for_reading(folder->get(), name, O_DIRECTORY);
  if (!fd || ::fstat(fd.get(), &found.facts) != 0) return false;
  return add_folder(found, folder, std::move(fd), true), true;
}

void Scout::add(const Found& found, const OpenFolder& folder, const OpenFolder& opened) {
  if (opened) found_.count_opened();
  found_.add({.facts = found.facts, .kept = found.kept, .held = found.held, .named = found.named}, std::string_view(path_).substr(found.kept), folder, opened);
  if (found_.full()) hand_on();
}

void Scout::add_folder(const Found& found, const OpenFolder& folder, Descriptor fd, bool may_be_listed) {
  const OpenFolder opened = fd ? std::make_shared<const Descriptor>(std::move(fd)) : nullptr;
  add(found, folder, opened);
  if (opened) descend(opened, found, may_be_listed);
}

// Between stat and open it can have become something else: then it is told, not guessed at. A folder that may not be read is still an entry.
Descriptor Scout::open_folder(int folder, const char* name, const struct stat& facts, bool& may_be_listed) {
  Descriptor fd = open_for_reading(folder, name, O_DIRECTORY);
  if (!fd) {
    const int error_number = errno;
    problem(path_, error_number);
    may_be_listed = false;
    if (error_number == EACCES) fd = open_path_only(folder, name);
    if (!fd) return fd;
  }
  struct stat now {};
  if (::fstat(fd.get(), &now) != 0) return problem(path_, errno), Descriptor();
  if (now.st_ino == facts.st_ino && now.st_dev == facts.st_dev) return fd;
  return note(SourceProblem{path_, kBecameAnother}), Descriptor();
}

void Scout::descend(OpenFolder opened, const Found& found, bool may_be_listed) {
  const uint64_t mount = options_.one_file_system ? mount_of(opened->get()) : 0;
  const bool is_mount = !found.named && (folders_.top().device != found.facts.st_dev || folders_.top().mount != mount);
  if (!found.named && !folders_.top().tags.empty()) return roots_below();      // the tag is a folder itself
  if (is_mount && (options_.one_file_system || is_pseudo_file_system(opened->get()))) return roots_below();
  if (!may_be_listed) return;
  Result<NameList> names = NameList::read(opened->get());
  if (!names) return note(SourceProblem{path_, names.error().text()});
  if (names->done()) tell_empty(opened->get());
  std::vector<std::string> tags = tags_in(opened->get(), *names, options_.tags, options_.cache_tags);
  folders_.push({std::move(opened), found.facts.st_dev, found.facts.st_ino, mount, path_, std::move(*names), std::move(tags)});
}

void Scout::tell_empty(int folder) {
  if (!options_.empty_root || !std::binary_search(roots_.all.begin(), roots_.all.end(), path_, PathLess())) return;
  struct statx facts {};
  if (::statx(folder, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &facts) != 0) return problem(path_, errno);
  EmptyRoot root{path_, facts.stx_ino, {facts.stx_ctime.tv_sec, facts.stx_ctime.tv_nsec}, {}};
  if ((facts.stx_mask & STATX_BTIME) != 0) root.born = FileTime{facts.stx_btime.tv_sec, facts.stx_btime.tv_nsec};
  note(std::move(root));
}

}  // namespace sparekeep::agent
