// lib/vault/manifest_reader.h: entries that come out of a foreign chunk keep every rule, and are the same when written and read again.
#include "lib/vault/manifest_reader.h"

#include <algorithm>

#include "lib/base/path_order.h"
#include "lib/vault/manifest_writer.h"

using namespace sparekeep;

namespace {

std::vector<ManifestEntry> entries_of(std::vector<std::string> first_paths, const std::vector<Bytes>& chunks) {
  ManifestReader reader(std::move(first_paths), [&](size_t number) -> Result<Bytes> { return chunks[number]; });
  std::vector<ManifestEntry> entries;
  for (;;) {
    Result<std::optional<ManifestEntry>> entry = reader.next();
    if (!entry || !*entry) return entries;
    entries.push_back(std::move(**entry));
  }
}

std::string first_path_of(const Bytes& input) {
  Result<ManifestChunkReader> chunk = ManifestChunkReader::open(input);
  if (!chunk) return {};
  const auto record = chunk->next();
  return record && *record ? (*record)->entry.file.path : std::string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, data + size);
  const std::string first_path = first_path_of(input);
  if (first_path.empty()) return 0;
  const std::vector<ManifestEntry> entries = entries_of({first_path}, {input});

  std::vector<std::string> first_paths;
  std::vector<Bytes> chunks;
  ManifestWriter writer([&](ManifestChunk chunk) {
    first_paths.push_back(std::move(chunk.first_path));
    chunks.push_back(std::move(chunk.plain));
  });
  for (const ManifestEntry& entry : entries) {
    SK_CHECK(fault_of(entry).empty() && fault_of_content(entry).empty() && path_is_normal(entry.file.path));
    writer.put(entry);
  }
  writer.finish();
  SK_CHECK(entries_of(first_paths, chunks) == entries);
  return 0;
}
