// lib/base/bytes.h: the input is both the reads that are asked for and what they read.
#include "lib/base/bytes.h"

using namespace sparekeep;

namespace {

// A bad reader stays bad and gives nothing more; a good one never gives more than there is.
void read_once(ByteReader& reader, uint8_t what) {
  const size_t left = reader.left();
  const bool was_ok = reader.ok();
  switch (what % 8) {
    case 0: reader.u8(); break;
    case 1: reader.u16(); break;
    case 2: reader.u32(); break;
    case 3: reader.u64(); break;
    case 4: SK_CHECK(reader.varint(what) <= what); break;
    case 5: SK_CHECK(reader.raw(what).size() <= left); break;
    case 6: SK_CHECK(reader.blob(what).size() <= what); break;
    case 7: SK_CHECK(reader.text(what).size() <= left); break;
  }
  SK_CHECK(reader.left() <= left && (was_ok || !reader.ok()));
  SK_CHECK(reader.ok() || (reader.left() == 0 && reader.finish("it").has_error()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan input(data, size);
  ByteReader reader(input.subspan(size / 4));
  for (uint8_t what : input.first(size / 4)) read_once(reader, what);

  ByteReader number(input);
  const uint64_t value = number.varint();
  if (!number.ok()) return 0;
  ByteWriter writer;
  writer.varint(value);
  ByteReader again(writer.bytes());
  SK_CHECK(again.varint() == value && again.finish("it").has_value());
  return 0;
}
