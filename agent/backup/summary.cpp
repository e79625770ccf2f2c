#include "agent/backup/summary.h"

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kOwnersMax = 10'000;
constexpr size_t kExtensionLengthMax = 16;

void add(Amount& to, uint64_t bytes) { ++to.files, to.bytes += bytes; }

// ".tar", or "" for a name without one; hidden files (".bashrc") have none.
std::string_view extension_of(std::string_view path) {
  const std::string_view name = path_name(path);
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 || name.size() - dot > kExtensionLengthMax ? "" : name.substr(dot);
}

std::string owner_name(const std::string& name, uint32_t number) { return name.empty() ? std::to_string(number) : printable(name); }

}  // namespace

void Summary::count(const FileEntry& entry) {
  const uint64_t bytes = entry.kind == FileKind::regular && entry.hard_link.empty() ? entry.size : 0;
  ++files_, bytes_ += bytes;
  add(kinds_.at(static_cast<size_t>(entry.kind)), bytes);
  add(of_owner(entry), bytes);
  if (entry.kind == FileKind::regular) add(of_extension(entry.path), bytes);
}

Amount& Summary::of_owner(const FileEntry& entry) {
  const Owner& last = last_owner_;
  if (owners_amount_ && last.uid == entry.uid && last.gid == entry.gid && last.user == entry.user && last.group == entry.group) return *owners_amount_;
  last_owner_ = {entry.uid, entry.gid, entry.user, entry.group};
  const std::pair owner(owner_name(entry.user, entry.uid), owner_name(entry.group, entry.gid));
  owners_amount_ = &(owners_.size() < kOwnersMax || owners_.contains(owner) ? owners_[owner] : owners_[{"*", "*"}]);
  return *owners_amount_;
}

Amount& Summary::of_extension(std::string_view path) {
  const std::string_view written = extension_of(path);
  if (extensions_amount_ && written == last_extension_) return *extensions_amount_;
  last_extension_ = written;
  const std::string extension = printable(written);
  extensions_amount_ = &(extensions_.size() < kExtensionsMax || extensions_.contains(extension) ? extensions_[extension] : extensions_["*"]);
  return *extensions_amount_;
}

uint64_t Summary::folders() const { return kinds_.at(static_cast<size_t>(FileKind::directory)).files; }

void Summary::write(SecondMetadata& to) const {
  to.files = files_, to.bytes = bytes_;
  for (size_t kind = 1; kind < kinds_.size(); ++kind)
    if (kinds_.at(kind).files > 0) to.types[std::string(to_text(static_cast<FileKind>(kind)))] = kinds_.at(kind);
  to.extensions = extensions_;
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
