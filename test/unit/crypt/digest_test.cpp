#include "lib/crypt/digest.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("SHA-256 gives the published digests (FIPS 180-4 examples)") {
  CHECK(sha256({}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256(as_bytes("abc")).hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-256 in pieces is SHA-256 of the whole, and the object serves again") {
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.update(Bytes(1000, 'a'));
  CHECK(hash.finish().hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(hash.update(as_bytes("a")).update({}).update(as_bytes("bc")).finish() == sha256(as_bytes("abc")));
  CHECK(hash.finish() == sha256({}));
}

TEST_CASE("a moved SHA-256 goes on where it was") {
  Sha256 first;
  first.update(as_bytes("a"));
  Sha256 second = std::move(first);
  CHECK(second.update(as_bytes("bc")).finish() == sha256(as_bytes("abc")));
  first = Sha256();
  CHECK(first.finish() == sha256({}));
}
