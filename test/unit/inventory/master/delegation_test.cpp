#include "inventory/master/delegation.h"
#include "test/support/catch.h"
#include "test/support/golden.h"
#include "test/support/trust.h"

using namespace sparekeep;

TEST_CASE("a delegation comes back as it went, and its bytes are the golden ones") {
  TestTrust trust;
  trust.delegation.mode = EscrowMode::offline;
  const Bytes object = write_delegation(trust.delegation, trust.root);
  CHECK(read_delegation(object, trust.root.public_key()).value() == trust.delegation);
  CHECK(golden_difference("delegation", object) == "");
  CHECK(trust.delegation.has_admin(trust.admin.public_key()));
  CHECK_FALSE(trust.delegation.has_admin(trust.signer.public_key()));
}

TEST_CASE("the golden delegation is read for ever") {
  const TestTrust trust;
  CHECK(read_delegation(golden_bytes("delegation"), trust.root.public_key()).value().recovery == trust.delegation.recovery);
}

TEST_CASE("a delegation of another root is denied by name") {
  const TestTrust trust(1), thief(2);
  const Error error = read_delegation(write_delegation(thief.delegation, thief.root), trust.root.public_key()).error();
  CHECK(error.kind() == ErrorKind::denied);
  CHECK(error.text() == "delegation: made by root " + thief.root.public_key().hex() + ", not by the pinned one");
}

TEST_CASE("every altered byte, every truncation and every byte too many of a delegation is refused") {
  const TestTrust trust;
  const Bytes object = write_delegation(trust.delegation, trust.root);
  for (size_t at = 0; at < object.size(); ++at) {
    Bytes altered = object;
    altered[at] ^= 0x01;
    if (at >= 12 && at < 16) continue;                  // optional feature bits are signed too, see below
    REQUIRE(read_delegation(altered, trust.root.public_key()).has_error());
    REQUIRE(read_delegation(ByteSpan(object).first(at), trust.root.public_key()).has_error());
  }
  Bytes optional_bits = object;
  optional_bits[12] ^= 0x01;
  CHECK(read_delegation(optional_bits, trust.root.public_key()).error().text() == "delegation: its signature does not verify");
  Bytes longer = object;
  longer.push_back(0);
  CHECK(read_delegation(longer, trust.root.public_key()).error().kind() == ErrorKind::corrupt);
}
