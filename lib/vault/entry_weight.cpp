#include "lib/vault/entry_weight.h"

namespace sparekeep {

namespace {

constexpr size_t kAttributeBytes = 128;         // of one, beside its name and its value

}  // namespace

size_t weight_of(const FileEntry& file) {
  size_t bytes = sizeof file + file.path.size() + file.link_target.size() + file.hard_link.size() + file.flags.size();
  for (const auto& [name, value] : file.attributes) bytes += kAttributeBytes + name.size() + value.size();
  return bytes + file.data_extents.size() * sizeof(FileExtent);
}

size_t weight_of(const ManifestEntry& entry) {
  return weight_of(entry.file) + (sizeof entry - sizeof entry.file) + entry.content.size() * sizeof(ContentRef);
}

}  // namespace sparekeep
