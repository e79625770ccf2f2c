// Whether the ports of daemons are open, and what daemons say when they are greeted.
#include "installer/install/reach_probe.h"

#include "installer/central/system_board.h"
#include "installer/install/health.h"
#include "lib/net/listener.h"
#include "lib/net/server.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

namespace sparekeep::central {

namespace {

class World {
 public:
  World() {
    router_.add("GET", std::string(kHelloPath), {Role::central}, [this](const HttpRequest& request) {
      const std::string* report = request.query_value("report");
      const std::string* digest = request.query_value("digest");
      asked = report && digest ? *report + " " + *digest : "";
      return HttpResponse::of_text(200, words(), "application/json");
    });
    declare({});
    ServerOptions serving;
    serving.tls = certified(), serving.check = within_time(system_clock());
    server_.emplace(std::move(serving), router_);
    server_->start().value();
    declare(server_->port());
    hello.host = id;
  }

  std::string words() const { return to_json(hello) + std::string(padding, ' '); }
  bool greet() { return answers(central, system_clock(), known()); }
  StorageSystem known() { return central.systems().at(0); }
  DaemonReport report(uint64_t available) const {
    DaemonReport out;
    out.host = id, out.now = system_clock().now(), out.capacity_bytes = 1000, out.available_bytes = available;
    return out;
  }

  TestCentral made;
  RunningCentral central{{.state = made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made.random};
  const HostId id = made.random.id<HostId>();
  Hello hello;                                         // what the daemon says; before it is asked
  size_t padding = 0;
  std::string asked;                                   // the last question for a report

 private:
  void declare(std::optional<uint16_t> port) {
    HostDeclaration declaration;
    declaration.host.id = id, declaration.host.name = "store1", declaration.host.address = "127.0.0.1", declaration.host.zone = "rack-a";
    declaration.host.local = true;
    declaration.daemon_port = port;
    central.declare(declaration);
  }
  Tls certified() {
    KeyPair key = make_tls_key(made.random);
    std::string certificate = central.issue_certificate(make_request(key.private_pem, "host").value(), id, {Role::daemon});
    return TlsContext::load({std::move(certificate), std::move(key.private_pem), central.state().delegation().authority_pem}).value();
  }

  Router router_;
  std::optional<HttpServer> server_;
};

}  // namespace

TEST_CASE("the first report of a system never comes by an answer, later ones do, where the daemon gives them") {
  World world;
  world.hello.report = world.report(500);
  CHECK(world.greet());
  CHECK(world.asked.empty());
  CHECK(world.known().reported == Time{});

  world.central.take_report(world.id, world.report(400));
  const std::shared_ptr<const MasterCopy> master = world.central.master();
  CHECK(world.greet());
  CHECK(world.asked == master->file.version().text() + " " + master->digest.hex());
  CHECK(world.known().available_bytes == 500);

  world.hello.report.reset();                          // an earlier daemon, or one that cannot tell
  CHECK(world.greet());
  CHECK(world.known().available_bytes == 500);
}

TEST_CASE("an answer that cannot be taken is none, whether it comes to a greeting or a host tells it") {
  World world;
  world.central.take_report(world.id, world.report(400));
  world.hello.report = world.report(500);
  SECTION("with the report of another host") { world.hello.report->host = world.made.random.id<HostId>(); }
  SECTION("of another host") { world.hello.host = world.made.random.id<HostId>(); }
  SECTION("longer than a report may be") { world.padding = kReportMax; }
  CHECK_FALSE(world.greet());
  CHECK_FALSE(hear_hello(world.central, world.known(), world.words()));
  CHECK(world.known().available_bytes == 400);
}

TEST_CASE("what a host tells of its daemon's answer counts as that answer; no words do not") {
  World world;
  world.central.take_report(world.id, world.report(400));
  world.hello.report = world.report(500);
  CHECK(hear_hello(world.central, world.known(), world.words()));
  CHECK(world.known().available_bytes == 500);
  CHECK_FALSE(hear_hello(world.central, world.known(), ""));
  CHECK_FALSE(hear_hello(world.central, world.known(), "{}"));
}

TEST_CASE("the port of a daemon is open where somebody takes connections; each address of a name is tried") {
  const Descriptor silent = listen_on({"127.0.0.1", 0}).value();
  const uint16_t open = listening_port(silent.get()).value(), closed = free_port().value();
  NameLookups lookups;
  const auto opens = [&](const std::string& host, uint16_t port) { return ReachProbe({host, port}, lookups, system_clock()).opens(); };
  CHECK(opens("127.0.0.1", open));
  CHECK_FALSE(opens("127.0.0.1", closed));
  CHECK(opens("localhost", open));                     // where ::1 comes first, nobody listens there
  CHECK_FALSE(opens("localhost", closed));
  CHECK_FALSE(opens("a-name.invalid", open));
}

TEST_CASE("a port that nobody answers at is given up in time") {
  NameLookups lookups;
  const Deadline patience(system_clock(), kReachLimit + std::chrono::seconds(2));
  CHECK_FALSE(ReachProbe({"192.0.2.1", 7421}, lookups, system_clock()).opens());
  CHECK_FALSE(patience.passed());
}

TEST_CASE("of a machine that was made anew the one is asked that is declared") {
  SeededRandom random(3);
  const auto reporting = [&](SystemState state, Time reported) {
    return StorageSystem{.id = random.id<HostId>(), .name = "store1", .machine = {}, .address = "192.0.2.1", .port = 7421, .zone = {}, .state = state,
                         .reported = reported};
  };
  const Time then{1'795'381'507'000'000'000};
  std::vector<StorageSystem> systems{reporting(SystemState::undeclared, then), reporting(SystemState::fresh, Time{})};
  CHECK(system_to_reach(systems, "store1") == nullptr);
  systems.push_back(reporting(SystemState::up, then));
  CHECK(system_to_reach(systems, "store1") == &systems[2]);
  CHECK(system_to_reach(systems, "store2") == nullptr);
}

}  // namespace sparekeep::central
