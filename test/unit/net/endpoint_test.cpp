#include "test/support/catch.h"

#include "lib/net/endpoint.h"

using namespace sparekeep;

TEST_CASE("an endpoint is read and printed, IPv6 in brackets") {
  CHECK(parse_endpoint("store3:7421").value() == Endpoint{"store3", 7421});
  CHECK(parse_endpoint("[::1]:7421").value() == Endpoint{"::1", 7421});
  CHECK(parse_endpoint("::1", 7).value() == Endpoint{"::1", 7});
  CHECK(parse_endpoint("[::1]", 7).value() == Endpoint{"::1", 7});
  CHECK(parse_endpoint("192.0.2.1", 7).value() == Endpoint{"192.0.2.1", 7});
  CHECK(to_string(Endpoint{"::1", 7421}) == "[::1]:7421");
  CHECK(to_string(Endpoint{"store3", 7421}) == "store3:7421");
}

TEST_CASE("what is no endpoint is refused with what was expected") {
  for (const char* text : {"", "store3", "store3:", ":7421", "store3:0", "store3:65536", "store3:7421x", "[::1]", "[::1:7", "a b:7",
                           "::1", "[]:7"}) {
    INFO(text);
    const Result<Endpoint> endpoint = parse_endpoint(text);
    REQUIRE(!endpoint);
    CHECK(endpoint.error().kind() == ErrorKind::usage);
    CHECK(endpoint.error().text() == "'" + std::string(text) + "' is not an endpoint; expected host:port");
  }
  CHECK(parse_endpoint("a/b", 1).error().text() == "'a/b' is not an endpoint; expected host or host:port");
}

TEST_CASE("a free port is one that can be listened on") {
  CHECK(free_port().value() > 0);
  CHECK(free_port("nowhere").error().text() == "'nowhere' is not an address");
}
