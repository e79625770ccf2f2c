#include "lib/vault/manifest_entry.h"

#include "lib/base/path_order.h"
#include "lib/vault/chunk_table.h"

namespace sparekeep {

namespace {

bool holds_zero(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_device(const FileEntry& file) {
  return file.kind == FileKind::character_device || file.kind == FileKind::block_device;
}

std::string_view fault_of_names(const FileEntry& file) {
  if (file.path.size() > kPathBytesMax) return "its path is too long";
  if (!path_is_normal(file.path)) return "its path is not absolute and normal";
  if (file.user.size() > kOwnerNameBytesMax || file.group.size() > kOwnerNameBytesMax) return "a name of its owners is too long";
  if (holds_zero(file.user) || holds_zero(file.group)) return "a name of its owners holds a zero byte";
  if (file.flags.size() > kFlagsBytesMax || holds_zero(file.flags)) return "its file flags are impossible";
  return {};
}

std::string_view fault_of_links(const FileEntry& file) {
  if (file.kind != FileKind::symlink && !file.link_target.empty()) return "only a symlink has a target";
  if (file.kind == FileKind::symlink && file.link_target.empty() && file.hard_link.empty()) return "it is a symlink without a target";
  if (file.link_target.size() > kLinkTargetBytesMax || holds_zero(file.link_target)) return "its target is impossible";
  if (file.hard_link.empty()) return {};
  if (file.kind == FileKind::directory) return "a directory cannot be a hard link";
  if (file.hard_link.size() > kPathBytesMax || !path_is_normal(file.hard_link)) return "its hard link is not absolute and normal";
  if (!path_less(file.hard_link, file.path)) return "its hard link does not come before it";
  return {};
}

std::string_view fault_of_attributes(const FileEntry& file) {
  if (file.attributes.size() > kAttributesMax) return "it has too many extended attributes";
  for (const auto& [name, value] : file.attributes) {
    if (name.empty() || name.size() > kAttributeNameBytesMax || holds_zero(name)) return "a name of its extended attributes is impossible";
    if (value.size() > kAttributeBytesMax) return "an extended attribute is too long";
  }
  return {};
}

std::string_view fault_of_extents(const FileEntry& file) {
  if (file.data_extents.empty()) return {};
  if (file.kind != FileKind::regular) return "only a regular file is sparse";
  if (file.data_extents.size() > kDataExtentsMax) return "it has too many extents";
  return valid_extents(file.data_extents, file.size) ? std::string_view() : "its extents are not in order inside the file";
}

std::string_view fault_of_numbers(const FileEntry& file) {
  if (file.mode > 07777) return "its mode has more than 12 bits";
  if (file.mtime.nanoseconds > 999'999'999 || file.ctime.nanoseconds > 999'999'999) return "a time has too many nanoseconds";
  if (file.kind != FileKind::regular && file.size != 0) return "only a regular file has a size";
  if (!is_device(file) && (file.device_major != 0 || file.device_minor != 0)) return "only a device has a device number";
  return {};
}

}  // namespace

std::string_view fault_of(const FileEntry& file) {
  for (auto rule : {fault_of_names, fault_of_links, fault_of_attributes, fault_of_extents, fault_of_numbers})
    if (const std::string_view fault = rule(file); !fault.empty()) return fault;
  return {};
}

std::string_view fault_of(const ManifestEntry& entry) {
  if (const std::string_view fault = fault_of(entry.file); !fault.empty()) return fault;
  if (entry.content.size() > kContentRefsMax) return "it has too many pieces";
  for (const ContentRef& piece : entry.content) {
    if (piece.length == 0) return "a piece is empty";
    if (piece.chunk >= kTableRowsMax) return "a piece names a chunk that cannot be";
    if (uint64_t{piece.offset} + piece.length > kChunkLengthMax) return "a piece lies outside of every chunk";
  }
  return {};
}

std::string_view fault_of_content(const ManifestEntry& entry) {
  const uint64_t expected = entry.file.hard_link.empty() ? stored_size(entry.file) : 0;
  uint64_t bytes = 0;
  for (const ContentRef& piece : entry.content) bytes += piece.length;
  return bytes == expected ? std::string_view() : "its pieces do not add up to its size";
}

}  // namespace sparekeep
