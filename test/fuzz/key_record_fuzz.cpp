// lib/vault/key_record.h: reading and opening foreign boxes.
#include "lib/vault/key_record.h"

#include "test/fuzz/resigned.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const OpeningKey opening(Secret(Bytes(32, 0x33)));
  const Bytes object = resigned(ByteSpan(data, size), "sparekeep key record v1");
  const Result<KeyRecord> record = KeyRecord::read(object, fuzz_signer().public_key());
  if (!record) return 0;
  SK_CHECK(record->recipients().size() >= kRecipientsMin && record->recipients().size() <= kRecipientsMax);
  const Result<VaultKeys> keys = record->open(opening);
  if (keys) SK_CHECK(keys->key_check() == record->key_check());
  return 0;
}
