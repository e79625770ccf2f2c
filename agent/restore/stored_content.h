// The stored bytes of a file as a manifest counts them (its data extents, one after the other), and where readers see them.
#pragma once

#include "agent/restore/target_writer.h"
#include "lib/vault/content_hash.h"
#include "lib/vault/manifest_entry.h"

namespace sparekeep::agent {

// The extent that the last piece ended in: the next one is looked for from there, forwards or backwards.
struct StoredPlace {
  size_t extent = 0;
  uint64_t before = 0;                                 // stored bytes of the extents before it
};

// Writes stored bytes of a file where readers will see them: between the holes of a sparse one. `last` is one for all pieces of a file.
Result<void> write_stored(PendingFile& file, const FileEntry& entry, uint64_t stored_offset, ByteSpan bytes, StoredPlace& last);

// The hash of the stored bytes of what stands: whether it is what the manifest says.
Result<ContentHash> hash_stored(int fd, const FileEntry& entry);

// Does a regular file stand there that reads as the entry's content does, holes included?
bool stands_right(TargetWriter& writer, const ManifestEntry& entry, std::string_view place);

// Does everything between the data extents of what stands read as zeros?
Result<bool> holes_are_empty(int fd, const FileEntry& entry);

}  // namespace sparekeep::agent
