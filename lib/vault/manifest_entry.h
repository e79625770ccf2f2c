// One entry of a manifest: a file with where its content lies (docs/format.md, "Manifest").
#pragma once

#include <vector>

#include "lib/base/file_entry.h"
#include "lib/vault/content_hash.h"

namespace sparekeep {

// A piece of a file's stored bytes: `length` bytes from `offset` of the chunk with this number in the chunk table.
struct ContentRef {
  uint32_t chunk = 0;
  uint32_t offset = 0;
  uint32_t length = 0;                    // never 0
  bool operator==(const ContentRef&) const = default;
};

// What always holds of one that was read: the path is normal, extents are valid, and the pieces add up to the stored size. Only
// a regular file that is no hard link and stores at least a byte has pieces.
struct ManifestEntry {
  FileEntry file;                         // device and links are not kept: 0 and 1 when read
  ContentHash hash;                       // of the stored bytes; zero where there are none
  std::vector<ContentRef> content;        // in the order of the file
  bool operator==(const ManifestEntry&) const = default;
};

// What is against the rules in this entry, in a phrase ("its mode has more than 12 bits"); empty: nothing. Both the writer and the
// readers ask; so does a backup, before it reads a file. Pieces are counted by fault_of_content alone, so that a part of an entry can be asked about, too.
std::string_view fault_of(const ManifestEntry& entry);
std::string_view fault_of(const FileEntry& file);       // of all but its pieces
std::string_view fault_of_content(const ManifestEntry& entry);

// Bits of `fields` in a record (docs/format.md, "Manifest chunk").
namespace manifest_field {
constexpr uint64_t link_target = 1 << 0;
constexpr uint64_t hard_link = 1 << 1;
constexpr uint64_t device = 1 << 2;
constexpr uint64_t attributes = 1 << 3;
constexpr uint64_t flags = 1 << 4;
constexpr uint64_t extents = 1 << 5;
constexpr uint64_t content = 1 << 6;
constexpr uint64_t change_marks = 1 << 7;
constexpr uint64_t goes_on = 1 << 8;
constexpr uint64_t all = (1 << 9) - 1;
}  // namespace manifest_field

constexpr size_t kPathBytesMax = 256 * 1024;
constexpr size_t kOwnerNameBytesMax = 1024;
constexpr size_t kFlagsBytesMax = 1024;
constexpr size_t kAttributeNameBytesMax = 255;
constexpr size_t kDataExtentsMax = 512 * 1024;         // of one file
constexpr size_t kContentRefsMax = 16 * 1024 * 1024;   // of one file
constexpr size_t kContentRefsPartMax = 64 * 1024;      // of one record in a chunk: a file with more goes on in the next record
constexpr size_t kManifestRecordBytesMax = 15 * 1024 * 1024;   // encoded, so that it fits into a chunk of kChunkLengthMax

}  // namespace sparekeep
