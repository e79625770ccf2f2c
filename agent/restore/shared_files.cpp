#include "agent/restore/shared_files.h"

#include <algorithm>

#include "lib/base/path_order.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kSharedMax = 100'000;                 // more are forgotten: then it is decided by what stands by then
constexpr size_t kNamesBytesMax = 32 << 20;            // of files with names beyond it nothing is known: they are written anew

}  // namespace

SharedFiles::Shared& SharedFiles::known(const FileEntry& standing) {
  if (shared_.size() >= kSharedMax) shared_.clear();
  return shared_.try_emplace({standing.device, standing.inode}, Shared{.names = standing.links}).first->second;
}

bool SharedFiles::may_stay(const FileEntry& standing, const Wanted& wanted) {
  if (standing.links <= 1) return true;
  Shared& shared = known(standing);
  if (!shared.first.empty() && shared.first != wanted.first) return false;
  if (wanted.changes && !has_own_names_only(shared, wanted)) return false;
  shared.first = wanted.first;
  return true;
}

void SharedFiles::leave(const FileEntry& standing, const std::string& place) {
  if (standing.links > 1 && standing.kind == FileKind::regular && left_.size() < kSharedMax && left_.insert(place).second) ++known(standing).left;
}

bool SharedFiles::has_own_names_only(const Shared& shared, const Wanted& wanted) {
  uint64_t missing = shared.names - std::min(shared.names, shared.left);
  if (missing <= 1) return true;
  read_names();
  const auto stands_here = [&](std::string_view path) {
    if (!selection_.takes(path)) return false;
    const std::string place = selection_.place_of(path, FileKind::regular);
    const Result<bool> same = place == wanted.place ? Result<bool>(true) : writer_->same_file(place, wanted.place);
    return same && *same;
  };
  missing -= stands_here(wanted.first) ? 1 : 0;
  const auto further = names_.find(wanted.first);
  if (further == names_.end()) return missing == 0;
  for (auto name = further->second.begin(); missing > 0 && name != further->second.end(); ++name) missing -= stands_here(*name) ? 1 : 0;
  return missing == 0;
}

// Once, and only where a file with several names is to be changed: a pass over the snapshot's entries.
void SharedFiles::read_names() {
  if (std::exchange(names_read_, true)) return;
  size_t bytes = 0;
  ManifestReader manifest = snapshot_.manifest();
  if (!selection_.path.empty()) manifest.seek(selection_.path);
  while (bytes < kNamesBytesMax) {
    const Result<std::optional<ManifestEntry>> next = manifest.next();
    if (!next) throw next.error().during("reading the manifest");
    if (!*next || (!selection_.path.empty() && !path_is_within((*next)->file.path, selection_.path))) return;
    const FileEntry& file = (*next)->file;
    if (file.hard_link.empty() || file.kind != FileKind::regular || !selection_.takes(file.path)) continue;
    bytes += file.path.size() + file.hard_link.size() + 2 * sizeof(std::string);
    names_[file.hard_link].push_back(file.path);
  }
}

}  // namespace sparekeep::agent
