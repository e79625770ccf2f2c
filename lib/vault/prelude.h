// The 16 bytes that every object begins with (docs/format.md, "Prelude"): magic, kind, format, feature bits. A reader
// names the kind it asked for; any other kind, an unknown format and an unknown required bit are refused by name.
#pragma once

#include "lib/base/bytes.h"

namespace sparekeep {

enum class ObjectKind : uint16_t {
  vault_descriptor = 1,
  key_record = 2,
  shard = 3,
  pack_header = 4,
  pack_list_block = 5,
  snapshot_record = 6,
  delegation = 7,
  master_file = 8,
  manifest_chunk = 20,
  table_chunk = 21,
  pack_directory = 22,
  vault_part = 23,
  // Files that only the host reads that wrote them:
  stored_packs = 64,
  waiting_snapshot = 65,
  vault_head = 66,
  snapshot_memory = 67,
  chunk_marks = 68,
};

constexpr size_t kPreludeSize = 16;
constexpr uint16_t kFormatVersion = 1;

std::string_view name_of(ObjectKind kind);            // "vault descriptor", "key record", ...

void write_prelude(ByteWriter& writer, ObjectKind kind);

// corrupt: not ours, or another kind than asked for. unsupported: a format or a required feature bit that we do not know.
Result<void> read_prelude(ByteReader& reader, ObjectKind kind);

}  // namespace sparekeep
