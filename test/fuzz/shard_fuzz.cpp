// lib/vault/shard.h, as a daemon meets it: a head of any bytes, then a payload of any bytes.
#include "lib/vault/shard.h"

#include "test/fuzz/resigned.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan object(data, size);
  const Result<ShardHead> head = parse_shard_head(object);
  if (!head) return 0;
  SK_CHECK(head->size <= size && head->blocks.size() == block_count(head->payload_length()) && head->id().valid());
  SK_CHECK(parse_shard_name(head->header.vault, head->id().name()).value() == head->id());
  const Result<void> verified = verify_shard(*head, object.subspan(head->size), fuzz_signer().public_key());
  if (verified) SK_CHECK(size - head->size == head->payload_length());
  return 0;
}
