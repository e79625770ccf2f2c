// What an entry takes of memory: paths may have 256 KiB, attributes many MiB, and anybody can make such files by the thousand. Who holds many entries
// bounds them by this, not by their number alone.
#pragma once

#include "lib/vault/manifest_entry.h"

namespace sparekeep {

size_t weight_of(const FileEntry& file);        // bytes, of its own and of all that it points to
size_t weight_of(const ManifestEntry& entry);   // with its pieces

}  // namespace sparekeep
