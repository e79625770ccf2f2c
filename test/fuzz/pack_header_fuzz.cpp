// lib/vault/pack_header.h: what parses fits together, and is written again to the same bytes.
#include "lib/vault/pack_header.h"

#include "test/fuzz/resigned.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes object(data, data + size);
  if (size >= 16) std::fill(object.begin() + 12, object.begin() + 16, uint8_t{0});   // optional bits: ignored, and not written again
  object = resigned(object, "sparekeep pack header v1");
  const Result<PackHeader> header = read_pack_header(object, fuzz_signer().public_key());
  if (!header) return 0;
  SK_CHECK(header->layout.valid() && header->shard_digests.size() == header->layout.count());
  SK_CHECK(header->shard_length * header->layout.data == header->pack_length);
  SK_CHECK(header->directory_offset + header->directory_length <= header->pack_length);
  SK_CHECK(write_pack_header(*header, fuzz_signer()) == object);
  return 0;
}
