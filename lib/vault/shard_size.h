// How long a shard is as a file, from what a pack list says of its pack: whoever has the list knows by a file's length alone, without a byte
// of it, that the shard is cut short (docs/format.md, "Shard").
#pragma once

#include "lib/vault/layout.h"
#include "lib/vault/types.h"

namespace sparekeep {

// Head and payload: the same for every shard of a pack.
uint64_t shard_size(const Layout& layout, uint64_t pack_length);

}  // namespace sparekeep
