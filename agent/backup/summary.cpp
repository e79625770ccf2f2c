#include "agent/backup/summary.h"

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kOwnersMax = 10'000;
constexpr size_t kExtensionLengthMax = 16;

void add(Amount& to, uint64_t bytes) { ++to.files, to.bytes += bytes; }

// ".tar", or "" for a name without one; hidden files (".bashrc") have none.
std::string extension_of(std::string_view path) {
  const std::string_view name = path_name(path);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kExtensionLengthMax) return "";
  return printable(name.substr(dot));
}

std::string owner_name(const std::string& name, uint32_t number) { return name.empty() ? std::to_string(number) : printable(name); }

}  // namespace

void Summary::count(const FileEntry& entry) {
  const uint64_t bytes = entry.kind == FileKind::regular && entry.hard_link.empty() ? entry.size : 0;
  ++files_, bytes_ += bytes;
  add(types_[std::string(to_text(entry.kind))], bytes);
  const std::pair owner(owner_name(entry.user, entry.uid), owner_name(entry.group, entry.gid));
  add(owners_.size() < kOwnersMax || owners_.contains(owner) ? owners_[owner] : owners_[{"*", "*"}], bytes);
  if (entry.kind != FileKind::regular) return;
  const std::string extension = extension_of(entry.path);
  add(extensions_.size() < kExtensionsMax || extensions_.contains(extension) ? extensions_[extension] : extensions_["*"], bytes);
}

uint64_t Summary::folders() const {
  const auto found = types_.find(std::string(to_text(FileKind::directory)));
  return found == types_.end() ? 0 : found->second.files;
}

void Summary::write(SecondMetadata& to) const {
  to.files = files_, to.bytes = bytes_;
  to.types = types_, to.extensions = extensions_;
  for (const auto& [owner, amount] : owners_) to.owners.push_back({owner.first, owner.second, amount.files, amount.bytes});
}

std::map<HostId, uint64_t> bytes_by_system(const std::vector<PackEntry>& data, const std::vector<PackEntry>& metadata) {
  std::map<HostId, uint64_t> bytes;
  std::vector<PackEntry> packs = data;
  packs.insert(packs.end(), metadata.begin(), metadata.end());
  for (const PackEntry& pack : packs)
    for (const HostId& place : pack.places) bytes[place] += pack.unused() ? 0 : pack.pack_length / pack.layout.data;
  bytes.erase(HostId());                              // shards that found no place
  return bytes;
}

}  // namespace sparekeep::agent
