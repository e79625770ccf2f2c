#include "lib/vault/vault_part.h"

#include "lib/base/path_order.h"
#include "lib/vault/chunk_table.h"
#include "lib/vault/manifest_entry.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

void write_reference(ByteWriter& writer, const ChunkRef& ref) {
  SK_CHECK(is_possible(ref) && ref.live_bytes == 0);
  writer.raw(ref.id.bytes());
  writer.varint(ref.pack);
  writer.varint(ref.index);
  writer.varint(ref.offset);
  writer.varint(ref.sealed_length);
  writer.varint(ref.plain_length);
  writer.u8(static_cast<uint8_t>(ref.codec));
}

ChunkRef read_reference(ByteReader& reader) {
  ChunkRef ref;
  ref.id = ChunkId::read(reader);
  ref.pack = static_cast<uint32_t>(reader.varint(kPackListRowsMax - 1));
  ref.index = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  ref.offset = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  ref.sealed_length = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  ref.plain_length = static_cast<uint32_t>(reader.varint(UINT32_MAX));
  const uint8_t codec = reader.u8();
  ref.codec = static_cast<Codec>(codec);
  if (codec > 1 || !is_possible(ref)) reader.fail();
  return ref;
}

// A file with very many pieces may fill a chunk, so that two chunks begin with the same path.
bool in_order(const std::vector<ManifestKey>& keys, const std::string& path) {
  return path_is_normal(path) && (keys.empty() || !path_less(path, keys.back().first_path));
}

void read_keys(ByteReader& reader, std::vector<ManifestKey>& keys) {
  const uint64_t count = reader.varint(kManifestChunksMax);
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string path = reader.text(kPathBytesMax);
    if (!in_order(keys, path)) reader.fail();
    keys.push_back({std::move(path), read_reference(reader)});
  }
}

}  // namespace

Bytes write_vault_part(const VaultPart& part) {
  SK_CHECK(part.table.size() == (uint64_t{part.table_rows} + kTableRows - 1) / kTableRows);
  SK_CHECK(part.manifest.size() <= kManifestChunksMax && part.table.size() <= kTableChunksMax);
  ByteWriter writer;
  write_prelude(writer, ObjectKind::vault_part);
  writer.u64(part.entries);
  writer.u64(part.file_bytes);
  writer.u32(part.table_rows);
  writer.varint(part.manifest.size());
  for (const ManifestKey& key : part.manifest) writer.text(key.first_path), write_reference(writer, key.chunk);
  writer.varint(part.table.size());
  for (const ChunkRef& ref : part.table) write_reference(writer, ref);
  return writer.take();
}

Result<VaultPart> read_vault_part(ByteSpan plain) {
  ByteReader reader(plain);
  if (Result<void> prelude = read_prelude(reader, ObjectKind::vault_part); !prelude) return prelude.error();
  VaultPart part;
  part.entries = reader.u64();
  part.file_bytes = reader.u64();
  part.table_rows = reader.u32();
  read_keys(reader, part.manifest);
  const uint64_t count = reader.varint(kTableChunksMax);
  if (count != (uint64_t{part.table_rows} + kTableRows - 1) / kTableRows) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) part.table.push_back(read_reference(reader));
  if (Result<void> end = reader.finish("the vault part"); !end) return end.error();
  return part;
}

}  // namespace sparekeep
