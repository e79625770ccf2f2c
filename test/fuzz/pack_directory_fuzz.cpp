// The plain pack directory (lib/vault/pack_seal.h): every row that is read lies inside the pack.
#include "lib/vault/pack_seal.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kContentLength = 1 << 20;
  Bytes object(data, data + size);
  if (size >= 16) std::fill(object.begin() + 12, object.begin() + 16, uint8_t{0});   // optional bits: ignored, and not written again
  const Result<std::vector<PackedChunk>> chunks = read_directory(object, kContentLength);
  if (!chunks) return 0;
  for (const PackedChunk& chunk : *chunks) SK_CHECK(uint64_t{chunk.offset} + chunk.sealed_length <= kContentLength);
  SK_CHECK(write_directory(*chunks) == object);
  return 0;
}
