#include "lib/vault/prelude.h"

#include "lib/base/hex.h"

namespace sparekeep {

namespace {

constexpr std::string_view kMagic = "SPKP";

std::string_view known_name(uint16_t kind) {
  switch (static_cast<ObjectKind>(kind)) {
    case ObjectKind::vault_descriptor: return "vault descriptor";
    case ObjectKind::key_record: return "key record";
    case ObjectKind::shard: return "shard";
    case ObjectKind::pack_header: return "pack header";
    case ObjectKind::pack_list_block: return "pack list block";
    case ObjectKind::snapshot_record: return "snapshot record";
    case ObjectKind::delegation: return "delegation";
    case ObjectKind::master_file: return "master file";
    case ObjectKind::manifest_chunk: return "manifest chunk";
    case ObjectKind::table_chunk: return "table chunk";
    case ObjectKind::pack_directory: return "pack directory";
    case ObjectKind::vault_part: return "vault part";
    case ObjectKind::stored_packs: return "journal of stored packs";
    case ObjectKind::waiting_snapshot: return "waiting snapshot";
    case ObjectKind::vault_head: return "vault's head";
    case ObjectKind::snapshot_memory: return "memory of a snapshot";
    case ObjectKind::chunk_marks: return "marks of chunks";
  }
  return "object of an unknown kind";
}

std::string feature_text(uint32_t bits) {
  const uint8_t bytes[] = {static_cast<uint8_t>(bits >> 24), static_cast<uint8_t>(bits >> 16), static_cast<uint8_t>(bits >> 8),
                           static_cast<uint8_t>(bits)};
  return "0x" + to_hex(bytes);
}

}  // namespace

std::string_view name_of(ObjectKind kind) { return known_name(static_cast<uint16_t>(kind)); }

void write_prelude(ByteWriter& writer, ObjectKind kind) {
  writer.raw(as_bytes(kMagic));
  writer.u16(static_cast<uint16_t>(kind));
  writer.u16(kFormatVersion);
  writer.u32(0);
  writer.u32(0);
}

Result<void> read_prelude(ByteReader& reader, ObjectKind kind) {
  const std::string name(name_of(kind));
  const bool ours = as_text(reader.raw(kMagic.size())) == kMagic;
  const uint16_t found = reader.u16(), format = reader.u16();
  const uint32_t required = reader.u32();
  reader.u32();
  if (!ours || !reader.ok()) return Error(ErrorKind::corrupt, name + " does not begin as an object of sparekeep");
  if (found != static_cast<uint16_t>(kind))
    return Error(ErrorKind::corrupt,
                 "expected a " + name + ", this is kind " + std::to_string(found) + ", " + std::string(known_name(found)));
  if (format != kFormatVersion)
    return Error(ErrorKind::unsupported, name + " has format " + std::to_string(format) + ", this program knows " +
                                             std::to_string(kFormatVersion));
  if (required != 0)
    return Error(ErrorKind::unsupported, name + " requires features " + feature_text(required) + ", this program knows none");
  return {};
}

}  // namespace sparekeep
