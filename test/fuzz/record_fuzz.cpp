// lib/vault/snapshot_record.h: records that a signer who lies would make, read and opened.
#include "lib/vault/snapshot_record.h"

#include "test/fuzz/resigned.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const OpeningKey opening(Secret(Bytes(32, 0x02)));
  static const MetadataKeys keys(SeededRandom(7).id<VaultId>(), Secret(Bytes(32, 0x05)));   // of the golden record
  const Result<SnapshotRecord> record =
      SnapshotRecord::read(resigned(ByteSpan(data, size), "sparekeep snapshot record v1"), fuzz_signer().public_key());
  if (!record) return 0;
  SK_CHECK(SnapshotRecord::parse_public(record->object()).value() == record->public_section());
  SK_CHECK(!record->second_recipients().empty());
  (void)record->open_second(opening).has_value();
  (void)record->open_vault_part(keys).has_value();
  return 0;
}
