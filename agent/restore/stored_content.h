// The stored bytes of a file as a manifest counts them (its data extents, one after the other), and where readers see them.
#pragma once

#include "agent/restore/target_writer.h"
#include "lib/vault/content_hash.h"

namespace sparekeep::agent {

// Writes stored bytes of a file where readers will see them: between the holes of a sparse one.
Result<void> write_stored(PendingFile& file, const FileEntry& entry, uint64_t stored_offset, ByteSpan bytes);

// The hash of the stored bytes of what stands: whether it is what the manifest says.
Result<ContentHash> hash_stored(int fd, const FileEntry& entry);

// Does everything between the data extents of what stands read as zeros?
Result<bool> holes_are_empty(int fd, const FileEntry& entry);

}  // namespace sparekeep::agent
