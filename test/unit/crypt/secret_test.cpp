#include "lib/crypt/secret.h"

#include <type_traits>

#include "test/support/catch.h"

using namespace sparekeep;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Bytes, Secret> && !std::is_convertible_v<Secret, Bytes>);

TEST_CASE("a secret moves, and is copied only by name") {
  Secret first(as_bytes("key"));
  Secret second = first.clone();
  CHECK(as_text(second.reveal()) == "key");
  Secret third = std::move(first);
  CHECK(as_text(third.reveal()) == "key");
  second = Secret(as_bytes("another key"));
  CHECK(as_text(second.reveal()) == "another key");
  CHECK(second.size() == 11);
  Secret& same = second;
  second = std::move(same);
  CHECK(as_text(second.reveal()) == "another key");
}

TEST_CASE("secrets are the same when all of them is") {
  CHECK(same_secret({}, {}));
  CHECK(same_secret(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(same_secret(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(same_secret(as_bytes("abc"), as_bytes("ab")));
}
