#include "lib/crypt/identity.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

const std::string kStart = "sparekeep:host/000102030405060708090a0b0c0d0e0f";
const HostId kHost = HostId::parse("000102030405060708090a0b0c0d0e0f").value();

}  // namespace

TEST_CASE("an identity and its URI, both ways") {
  const Identity both{kHost, {Role::agent, Role::daemon}};
  CHECK(identity_uri(both) == kStart + "?roles=daemon,agent");
  CHECK(identity_from_uri(kStart + "?roles=daemon,agent").value() == both);
  const Identity all{kHost, {Role::central, Role::daemon, Role::agent, Role::admin}};
  CHECK(identity_from_uri(identity_uri(all)).value() == all);
}

TEST_CASE("other spellings are refused") {
  for (const std::string& uri : std::vector<std::string>{
           std::string(), std::string("sparekeep:host/"), kStart, kStart + "?roles", "x" + kStart + "?roles=agent",
           "SPAREKEEP" + kStart.substr(9) + "?roles=agent", kStart + "00?roles=agent", kStart + "?role=agent",
           "sparekeep:host/000102030405060708090A0B0C0D0E0F?roles=agent", kStart + "?roles=agent,daemon", kStart + "?roles=agent,agent"}) {
    const Result<Identity> refused = identity_from_uri(uri);
    INFO(uri);
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind() == ErrorKind::corrupt);
    CHECK(refused.error().text() == "'" + uri + "' is not an identity of the form 'sparekeep:host/ID?roles=ROLE,...'");
  }
}

TEST_CASE("unknown roles are refused by name") {
  const auto text = [](const std::string& uri) { return identity_from_uri(uri).error().text(); };
  CHECK(text(kStart + "?roles=") == "'" + kStart + "?roles=': '' is not a role; roles are central, daemon, agent and admin");
  CHECK(text(kStart + "?roles=agent,root") ==
        "'" + kStart + "?roles=agent,root': 'root' is not a role; roles are central, daemon, agent and admin");
  CHECK(identity_from_uri(kStart + "?roles=agent ").has_error());
  CHECK(identity_from_uri(kStart + "?roles=agent" + std::string(1, '\0')).has_error());
  CHECK(identity_from_uri(kStart + "?roles=agent,").has_error());
}

TEST_CASE("roles have names") {
  for (const Role role : {Role::central, Role::daemon, Role::agent, Role::admin}) CHECK(role_from(name_of(role)).value() == role);
  CHECK(role_from("Agent").error().text() == "'Agent' is not a role; roles are central, daemon, agent and admin");
}
