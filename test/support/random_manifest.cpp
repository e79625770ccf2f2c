#include "test/support/random_manifest.h"

#include <set>

#include "lib/base/path_order.h"
#include "lib/vault/chunk_table.h"

namespace sparekeep {

namespace {

std::string random_name(Random& random, size_t length_max) {
  std::string name;
  const size_t length = 1 + random.below(length_max);
  while (name.size() < length) {
    const char byte = static_cast<char>(random.below(4) ? 'a' + random.below(26) : 1 + random.below(255));
    if (byte != '/' && byte != '\0') name += byte;
  }
  return name == "." || name == ".." ? "dots" : name;
}

std::string random_text(Random& random, size_t length_max) {
  const size_t length = random.below(length_max + 1);
  return length ? random_name(random, length) : std::string();
}

std::vector<std::string> random_paths(Random& random, size_t count) {
  std::set<std::string, PathLess> paths{"/"};
  std::vector<std::string> folders{"/"};
  while (paths.size() < count) {
    const std::string path = path_below(folders[random.below(folders.size())], random_name(random, 20));
    if (paths.insert(path).second && random.below(4) == 0) folders.push_back(path);
  }
  return {paths.begin(), paths.end()};
}

void add_extents(Random& random, FileEntry& file) {
  for (uint64_t at = random.below(100); at < file.size;) {
    const uint64_t length = std::min(file.size - at, 1 + random.below(5000));
    file.data_extents.push_back({at, length});
    at += length + 1 + random.below(5000);
  }
  if (file.data_extents.empty()) file.data_extents.push_back({file.size, 0});
}

void add_content(Random& random, ManifestEntry& entry) {
  for (uint64_t left = stored_size(entry.file); left > 0;) {
    const auto length = static_cast<uint32_t>(std::min<uint64_t>(left, 1 + random.below(kChunkLengthMax / 2)));
    entry.content.push_back({static_cast<uint32_t>(random.below(kTableRowsMax)), static_cast<uint32_t>(random.below(1000)), length});
    left -= length;
  }
  if (!entry.content.empty()) random.fill(entry.hash.value);
}

void add_kind(Random& random, ManifestEntry& entry, const std::string& earlier) {
  FileEntry& file = entry.file;
  file.kind = static_cast<FileKind>(1 + random.below(7));
  if (file.kind == FileKind::symlink) file.link_target = random_name(random, 60);
  if (file.kind == FileKind::character_device || file.kind == FileKind::block_device) {
    file.device_major = static_cast<uint32_t>(random.below(5000));
    file.device_minor = static_cast<uint32_t>(random.below(1u << 20));
  }
  if (file.kind != FileKind::regular) return;
  file.size = random.below(3) ? random.below(100'000) : random.below(1ull << 30);
  if (random.below(5) == 0) add_extents(random, file);
  if (!earlier.empty() && random.below(8) == 0) file.hard_link = earlier;
  else add_content(random, entry);
}

ManifestEntry random_entry(Random& random, const std::string& path, const std::string& earlier) {
  ManifestEntry entry;
  FileEntry& file = entry.file;
  file.path = path;
  add_kind(random, entry, earlier);
  file.mode = static_cast<uint32_t>(random.below(010000));
  file.uid = static_cast<uint32_t>(random.number());
  file.gid = static_cast<uint32_t>(random.below(3000));
  file.user = random_text(random, 12);
  file.group = random_text(random, 12);
  file.mtime = {static_cast<int64_t>(random.number()) >> random.below(40), static_cast<uint32_t>(random.below(1'000'000'000))};
  for (size_t i = random.below(6) ? 0 : random.below(5); i > 0; --i)
    file.attributes["user." + random_name(random, 9)] = Bytes(random.below(300), static_cast<uint8_t>(i));
  if (random.below(10) == 0) file.flags = "nodump";
  if (random.below(2)) file.inode = random.number();
  return entry;
}

}  // namespace

std::vector<ManifestEntry> random_manifest(Random& random, size_t entries_max) {
  std::vector<ManifestEntry> entries;
  std::string earlier;
  for (const std::string& path : random_paths(random, 1 + random.below(entries_max))) {
    entries.push_back(random_entry(random, path, earlier));
    if (entries.back().file.kind == FileKind::regular && entries.back().file.hard_link.empty()) earlier = path;
  }
  return entries;
}

ManifestEntry small_file(const std::string& path, uint64_t size) {
  ManifestEntry entry;
  entry.file.path = path;
  entry.file.mode = 0644;
  entry.file.user = entry.file.group = "root";
  entry.file.mtime = {1'700'000'000, 5};
  entry.file.size = size;
  if (size) entry.content = {{0, 0, static_cast<uint32_t>(size)}};
  if (size) entry.hash = content_hash(as_bytes(path));
  return entry;
}

std::vector<ManifestEntry> numbered_files(size_t count) {
  std::vector<ManifestEntry> entries;
  for (size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    entries.push_back(small_file("/data/file" + std::string(8 - number.size(), '0') + number, 1 + i % 50'000));
  }
  return entries;
}

}  // namespace sparekeep
