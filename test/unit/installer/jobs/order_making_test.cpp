#include "installer/jobs/order_making.h"

#include "test/support/catch.h"
#include "test/unit/installer/jobs/fixture.h"

namespace sparekeep::central {

namespace {

const std::string kPlaybook = R"(name = "nightly"
[[backup]]
name = "content"
hosts = ["web1"]
paths = ["/srv/www"]
exclude = ["*.tmp"]
redundancy = { data = 2, parity = 1 }
compression = "zstd:5"
privileges = { restore = ["user:alice"] }
before = ["systemctl stop app"]

[[restore]]
name = "drill"
hosts = ["web2"]
from = { job = "content", host = "web1" }
include = ["/srv/www/**"]
target = "/restore"
delete = true
overwrite = "always"
)";

Result<Order> made(Fixture& fixture, const std::string& name, const std::string& host, bool check = false) {
  const JobEntry job = *fixture.catalogue.job_named(name);
  return make_order(fixture.catalogue, {job, definition_of(job).hosts.at(0), fixture.id_of(host), check});
}

}  // namespace

TEST_CASE("the order of a backup says what the playbook says") {
  Fixture fixture;
  fixture.apply(kPlaybook);
  const Order order = made(fixture, "content", "web1").value();
  CHECK(order.kind == "backup");
  CHECK(order.job == fixture.catalogue.job_named("content")->id);
  CHECK(order.host == fixture.id_of("web1"));
  CHECK(order.host_name == "web1");
  CHECK(order.job_name == "content");
  CHECK(order.playbook == "nightly");
  CHECK(order.backup.paths == std::vector<std::string>{"/srv/www"});
  CHECK(order.backup.exclude == std::vector<std::string>{"*.tmp"});
  CHECK(order.backup.data == 2);
  CHECK(order.backup.parity == 1);
  CHECK(order.backup.compression == "zstd:5");
  CHECK(order.backup.privileges.restore == std::vector<std::string>{"user:alice"});
  REQUIRE(order.backup.before.size() == 1);
  CHECK(order.backup.before[0].run == "systemctl stop app");
  CHECK(order.run.is_zero());
}

TEST_CASE("the order of a restore takes the newest snapshot of its source") {
  Fixture fixture;
  fixture.apply(kPlaybook);
  const Result<Order> none = made(fixture, "drill", "web2");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind() == ErrorKind::not_found);
  CHECK(none.error().text() == "there is no snapshot of job 'content' on host 'web1'; run that backup first");

  fixture.add_snapshot("aa", "content", "web1", 10);
  const SnapshotEntry newest = fixture.add_snapshot("bb", "content", "web1", 20);
  const Order order = made(fixture, "drill", "web2", true).value();
  CHECK(order.restore.snapshot == newest.id);
  CHECK(order.restore.vault == newest.vault);
  CHECK(order.restore.source_host == fixture.id_of("web1"));
  CHECK(order.host == fixture.id_of("web2"));
  CHECK(order.restore.target == "/restore");
  CHECK(order.restore.include == std::vector<std::string>{"/srv/www/**"});
  CHECK(order.restore.overwrite == "always");
  CHECK(order.restore.delete_extra);
  CHECK(order.restore.left_out.exclude == std::vector<std::string>{"*.tmp"});
  CHECK(order.format == 2);
  CHECK(order.restore.verify);
  CHECK(order.restore.check_only);
}

}  // namespace sparekeep::central
