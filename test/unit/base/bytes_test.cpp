#include "lib/base/bytes.h"

#include "test/support/catch.h"

#include "lib/base/hex.h"
#include "lib/base/id.h"

using namespace sparekeep;

TEST_CASE("a reader gives back what a writer wrote") {
  ByteWriter writer;
  writer.u8(1), writer.u16(0x0203), writer.u32(4), writer.u64(5), writer.i64(-6), writer.varint(300), writer.text("seven");
  ByteReader reader(writer.bytes());
  CHECK(reader.u8() == 1);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u32() == 4);
  CHECK(reader.u64() == 5);
  CHECK(reader.i64() == -6);
  CHECK(reader.varint() == 300);
  CHECK(reader.text(10) == "seven");
  CHECK(reader.finish("it").has_value());
}

TEST_CASE("a reader turns bad for good at the first fault") {
  const Bytes bytes{5, 1, 2};
  ByteReader reader(bytes);
  CHECK(reader.blob(100).empty());
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.finish("a record").error().text() == "a record is truncated or holds an impossible value");
}

TEST_CASE("bytes that are left over are refused") {
  const Bytes bytes{1, 2};
  ByteReader reader(bytes);
  reader.u8();
  CHECK(reader.finish("a record").error().text() == "a record has 1 bytes too many");
}

TEST_CASE("varint: one number has one spelling, over its maximum is a fault") {
  for (uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, UINT64_MAX}) {
    ByteWriter writer;
    writer.varint(value);
    CHECK(ByteReader(writer.bytes()).varint() == value);
  }
  for (const Bytes& bad : {Bytes{0x80, 0}, Bytes{0x80}, Bytes(11, 0xff), Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}}) {
    ByteReader reader(bad);
    reader.varint();
    CHECK_FALSE(reader.ok());
  }
  const Bytes six{6};
  ByteReader bounded(six);
  bounded.varint(5);
  CHECK_FALSE(bounded.ok());
}

TEST_CASE("hex, base64 and ids") {
  CHECK(to_hex(Bytes{0, 0xab}) == "00ab");
  CHECK(from_hex("00ab").value() == Bytes{0, 0xab});
  CHECK(from_hex("00AB").has_error());
  for (std::string_view text : {"", "f", "fo", "foo", "foob", "fooba"})
    CHECK(as_text(from_base64(to_base64(as_bytes(text))).value()) == text);
  CHECK(to_base64(as_bytes("foob")) == "Zm9vYg==");
  for (std::string_view bad : {"Zg=", "Zh==", "Z===", "****"}) CHECK(from_base64(bad).has_error());
  CHECK(HostId::parse("00112233445566778899aabbccddeeff").value().hex() == "00112233445566778899aabbccddeeff");
  CHECK(HostId::parse("0011").error().text() == "'0011' is not an id of 32 hexadecimal digits");
}
