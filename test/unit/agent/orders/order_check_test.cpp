// Which orders a host obeys.
#include "agent/orders/order_check.h"

#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/support/trust.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct World {
  World() : self(trust.random.id<HostId>()) {
    backup.kind = "backup", backup.run = trust.random.id<RunId>(), backup.host = self, backup.expires = now + std::chrono::hours(1);
    backup.backup.paths = {"/srv"};
    restore = backup;
    restore.kind = "restore", restore.backup = {}, restore.restore.target = "/allowed/here";
  }
  std::string check(const Order& order, const SigningKey* signer) const { return check(signed_by(order, signer)); }
  std::string check(const SignedOrder& order) const {
    const Result<Order> checked = check_order(order, {trust.delegation, self, allowed, now});
    return checked ? "obeyed" : std::string(checked.error().kind() == ErrorKind::denied ? "denied: " : "error: ") + checked.error().text();
  }
  static SignedOrder signed_by(const Order& order, const SigningKey* signer) {
    const std::string text = to_json(order);
    if (!signer) return {text, "", ""};
    return {text, signer->public_key().hex(), signer->sign(kOrderDomain, as_bytes(text)).hex()};
  }

  TestTrust trust;
  const SigningKey& admin = trust.admin;
  const HostId self;
  const Time now{1'795'400'000'000'000'000};
  const std::vector<std::string> allowed{"/allowed"};
  Order backup, restore;
};

}  // namespace

TEST_CASE("an admin's order is obeyed; without a signature, a plain one") {
  World world;
  CHECK(world.check(world.backup, &world.admin) == "obeyed");
  CHECK(world.check(world.backup, nullptr) == "obeyed");
  CHECK(world.check(world.restore, nullptr) == "obeyed");
  world.restore.restore.target = "/etc";
  CHECK(world.check(world.restore, &world.admin) == "obeyed");
}

TEST_CASE("a signature is an admin's, over this very text") {
  World world;
  CHECK(world.check(world.backup, &world.trust.signer) == "denied: the order is signed by nobody whom this host knows as an admin");
  SignedOrder altered = World::signed_by(world.backup, &world.admin);
  altered.text = to_json(world.restore);
  CHECK(world.check(altered) == "denied: the order's signature does not fit its text");
  SignedOrder half = World::signed_by(world.backup, &world.admin);
  half.signature.clear();
  CHECK(world.check(half).starts_with("denied: "));
  CHECK(world.check(SignedOrder{"{", "", ""}).starts_with("error: the order: not JSON"));
}

TEST_CASE("an order is for this host, of a known format, and not expired") {
  World world;
  Order order = world.backup;
  order.host = world.trust.random.id<HostId>();
  CHECK(world.check(order, &world.admin) == "denied: the order is for host " + order.host.hex());
  order = world.backup, order.expires = world.now - std::chrono::seconds(1);
  CHECK(world.check(order, &world.admin).starts_with("denied: the order expired at "));
  order = world.backup, order.format = kOrderFormatMax;
  CHECK(world.check(order, &world.admin) == "obeyed");
  for (const int format : {0, -1, kOrderFormatMax + 1}) {
    order.format = format;
    CHECK(world.check(order, &world.admin) == "error: an order of format " + std::to_string(format) + "; upgrade this host");
  }
}

TEST_CASE("hooks, and targets beyond what the host allows, need an admin") {
  World world;
  Order order = world.backup;
  order.backup.after = {{"true", ""}};
  CHECK(world.check(order, nullptr) == "denied: hooks need an admin's signature");
  order = world.restore, order.restore.target = "/allowedly";
  CHECK(world.check(order, nullptr) == "denied: a restore to '/allowedly' needs an admin's signature; without one only below /allowed");
}

TEST_CASE("commands need an admin, and names of files of their own, whoever signed them") {
  World world;
  Order order = world.backup;
  order.backup.commands = {{"db.sql", "pg_dump app", ""}, {"list", "ls", ""}};
  CHECK(world.check(order, &world.admin) == "obeyed");
  CHECK(world.check(order, nullptr) == "denied: commands need an admin's signature");
  for (const std::string name : {"", "..", ".", "a/b", "/etc/passwd", "list"}) {
    order.backup.commands[0].name = name;
    CHECK(world.check(order, &world.admin) == "denied: a command '" + name + "', which is no name of a file of its own");
  }
}

TEST_CASE("no path of an order leads elsewhere than it says, whoever signed it") {
  World world;
  for (const std::string path : {"/allowed/../etc", "/allowed/./x", "/allowed//x", "/allowed/x/", "allowed", ""}) {
    Order order = world.restore;
    order.restore.target = path;
    CHECK(world.check(order, nullptr) == "denied: a restore to '" + path + "', which is not a plain absolute path");
    CHECK(world.check(order, &world.admin).starts_with("denied: a restore to "));
  }
  Order order = world.restore;
  order.restore.path = "/srv/../etc";
  CHECK(world.check(order, &world.admin) == "denied: a restore of '/srv/../etc', which is not a plain absolute path");
  order = world.backup, order.backup.paths = {"/srv", "etc"};
  CHECK(world.check(order, &world.admin) == "denied: a backup of 'etc', which is not a plain absolute path");
  order = world.backup, order.backup.exclude_files = {"/etc/../x"};
  CHECK(world.check(order, &world.admin) == "denied: a list of what is left out '/etc/../x', which is not a plain absolute path");
}
