// The readers of what a snapshot consists of (docs/format.md) and of the names of stored objects. Every one of them sees
// every input; what one takes whole and can write without a key, it writes again as the same bytes: each object has one
// spelling, but for the optional feature bits of its prelude, which are ignored and not kept.
#include "lib/vault/chunk_table.h"
#include "lib/vault/manifest_reader.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/prelude.h"
#include "lib/vault/public_section.h"
#include "lib/vault/shard_id.h"
#include "lib/vault/snapshot_record.h"
#include "lib/vault/vault_part.h"

using namespace sparekeep;

namespace {

constexpr ptrdiff_t kOptionalBits = 12;

void read_manifest_chunk(ByteSpan input) {
  Result<ManifestChunkReader> chunk = ManifestChunkReader::open(Bytes(input.begin(), input.end()));
  while (chunk) {
    const auto record = chunk->next();
    if (!record || !*record) return;
    SK_CHECK(!(*record)->entry.file.path.empty());
  }
}

void read_names(std::string_view text) {
  if (const Result<ShardId> id = parse_shard_path(text)) SK_CHECK(id->valid() && id->path() == text);
  if (const Result<ShardId> id = parse_shard_name(VaultId{}, text)) SK_CHECK(id->valid() && id->name() == text);
  (void)parse_record_name(text).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes input(data, data + size);
  if (size >= kPreludeSize) std::fill(input.begin() + kOptionalBits, input.begin() + kPreludeSize, uint8_t{0});
  if (const auto block = read_pack_list_block(input)) SK_CHECK(same_bytes(write_pack_list_block(*block), input));
  if (const auto section = read_public_section(input)) SK_CHECK(same_bytes(write_public_section(*section), input));
  if (const auto part = read_vault_part(input)) SK_CHECK(same_bytes(write_vault_part(*part), input));
  if (const auto chunk = read_table_chunk(input)) SK_CHECK(same_bytes(write_table_chunk(chunk->first, chunk->rows), input));
  (void)SnapshotRecord::parse_public(input).has_value();
  read_manifest_chunk(input);
  read_names(as_text(input));
  return 0;
}
