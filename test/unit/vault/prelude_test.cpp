// The first 16 bytes: what is refused, and by which name.
#include "lib/vault/prelude.h"

#include "lib/base/hex.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Bytes prelude_of(ObjectKind kind) {
  ByteWriter writer;
  write_prelude(writer, kind);
  return writer.take();
}

std::string error_of(ByteSpan bytes, ObjectKind kind, ErrorKind expected) {
  ByteReader reader(bytes);
  const Result<void> read = read_prelude(reader, kind);
  if (read) return "";
  CHECK(read.error().kind() == expected);
  return read.error().text();
}

}  // namespace

TEST_CASE("a prelude is 16 bytes and reads back") {
  const Bytes bytes = prelude_of(ObjectKind::pack_header);
  CHECK(to_hex(bytes) == "53504b50040001000000000000000000");
  ByteReader reader(bytes);
  CHECK(read_prelude(reader, ObjectKind::pack_header).has_value());
  CHECK(reader.left() == 0);
}

TEST_CASE("another kind than asked for is refused by name") {
  const Bytes bytes = prelude_of(ObjectKind::shard);
  CHECK(error_of(bytes, ObjectKind::key_record, ErrorKind::corrupt) == "expected a key record, this is kind 3, shard");
  Bytes unknown = bytes;
  unknown[4] = 99;
  CHECK(error_of(unknown, ObjectKind::shard, ErrorKind::corrupt) == "expected a shard, this is kind 99, object of an unknown kind");
}

TEST_CASE("an unknown format and a required feature are unsupported, an optional one is ignored") {
  Bytes format = prelude_of(ObjectKind::shard), required = format, optional = format;
  format[6] = 2;
  CHECK(error_of(format, ObjectKind::shard, ErrorKind::unsupported) == "shard has format 2, this program knows 1");
  required[9] = 1;
  CHECK(error_of(required, ObjectKind::shard, ErrorKind::unsupported) == "shard requires features 0x00000100, this program knows none");
  optional[12] = 0xff;
  CHECK(error_of(optional, ObjectKind::shard, ErrorKind::corrupt) == "");
}

TEST_CASE("foreign and truncated bytes are no object") {
  const Bytes bytes = prelude_of(ObjectKind::shard);
  for (size_t length = 0; length < bytes.size(); ++length)
    CHECK(error_of(ByteSpan(bytes).first(length), ObjectKind::shard, ErrorKind::corrupt) ==
          "shard does not begin as an object of sparekeep");
  CHECK(error_of(as_bytes("PK\3\4 and some more bytes"), ObjectKind::shard, ErrorKind::corrupt) ==
        "shard does not begin as an object of sparekeep");
}
