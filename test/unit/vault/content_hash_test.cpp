// XXH3 as docs/format.md writes it.
#include "lib/vault/content_hash.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("XXH3-128 stands low half first, each half little-endian") {
  CHECK(content_hash({}).hex() == "7f498d4624c30160d8984701d306aa99");
  CHECK(content_hash(as_bytes("abc")).hex() == "50392f89945faf7885613a73b65ab006");
  CHECK(path_hash("abc") == 0x78af5f94892f3950);
  CHECK(content_hash(as_bytes("abc")) == ContentHasher().update(as_bytes("a")).update(as_bytes("bc")).finish());
}

TEST_CASE("a hasher is ready for the next content after finish") {
  ContentHasher hasher;
  const ContentHash first = hasher.update(as_bytes("one")).finish();
  CHECK(hasher.update(as_bytes("one")).finish() == first);
  CHECK(hasher.update(as_bytes("two")).finish() != first);
}
