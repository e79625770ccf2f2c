// Greetings of many daemons at once, and what their answers bring.
#include "installer/install/greeter.h"

#include <sys/socket.h>

#include "installer/central/system_board.h"
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
      return HttpResponse::of_text(200, to_json(hello) + std::string(padding, ' '), "application/json");
    });
    declare({});
    ServerOptions serving;
    serving.tls = certified(), serving.check = within_time(system_clock());
    server_.emplace(std::move(serving), router_);
    server_->start().value();
    declare(server_->port());
  }

  bool greet(const StorageSystem& system) { return Greeter(central, system_clock()).greet(system).get(); }
  StorageSystem system() { return central.systems().at(0); }
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

// Takes connections, and says nothing.
class SilentDaemon {
 public:
  StorageSystem as(StorageSystem system) const {
    system.port = listening_port(socket_.get()).value();
    return system;
  }
  bool accept(Duration limit) {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count())) != 1) return false;
    taken_.emplace_back(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return taken_.back() ? true : false;
  }
  void close_one() { taken_.pop_back(); }

 private:
  const Descriptor socket_ = listen_on({"127.0.0.1", 0}).value();
  std::vector<Descriptor> taken_;
};

}  // namespace

TEST_CASE("the first report of a system never comes by an answer, later ones do, where the daemon gives them") {
  World world;
  world.hello.report = world.report(500);
  CHECK(world.greet(world.system()));
  CHECK(world.asked.empty());
  CHECK(world.system().reported == Time{});

  world.central.take_report(world.id, world.report(400));
  const std::shared_ptr<const MasterCopy> master = world.central.master();
  CHECK(world.greet(world.system()));
  CHECK(world.asked == master->file.version().text() + " " + master->digest.hex());
  CHECK(world.system().available_bytes == 500);

  world.hello.report.reset();                          // an earlier daemon, or one that cannot tell
  CHECK(world.greet(world.system()));
  CHECK(world.system().available_bytes == 500);
}

TEST_CASE("an answer whose report cannot be taken is none") {
  World world;
  world.central.take_report(world.id, world.report(400));
  SECTION("of another host") {
    world.hello.report = world.report(500);
    world.hello.report->host = world.made.random.id<HostId>();
  }
  SECTION("longer than a report may be") {
    world.hello.report = world.report(500);
    world.padding = kReportMax;
  }
  CHECK_FALSE(world.greet(world.system()));
  CHECK(world.system().available_bytes == 400);
}

TEST_CASE("greetings by name: each address of it is tried; without any it is not answered") {
  World world;
  StorageSystem system = world.system();
  system.address = "localhost";                        // where ::1 comes first, nobody listens there
  CHECK(world.greet(system));
  system.address = "a-name.invalid";
  CHECK_FALSE(world.greet(system));
  system.address = "127.0.0.1", system.port = free_port().value();
  CHECK_FALSE(world.greet(system));
}

TEST_CASE("of a machine that was made anew the one is greeted that is declared") {
  SeededRandom random(3);
  const auto reporting = [&](SystemState state, Time reported) {
    return StorageSystem{.id = random.id<HostId>(), .name = "store1", .machine = {}, .address = "192.0.2.1", .port = 7421, .zone = {}, .state = state,
                         .reported = reported};
  };
  const Time then{1'795'381'507'000'000'000};
  std::vector<StorageSystem> systems{reporting(SystemState::undeclared, then), reporting(SystemState::fresh, Time{})};
  CHECK(system_to_greet(systems, "store1") == nullptr);
  systems.push_back(reporting(SystemState::up, then));
  CHECK(system_to_greet(systems, "store1") == &systems[2]);
  CHECK(system_to_greet(systems, "store2") == nullptr);
}

TEST_CASE("so many greetings are under way and no more; those that a greeter leaves behind are not answered") {
  World world;
  SilentDaemon daemon;
  std::vector<std::future<bool>> greetings;
  const Deadline deadline(system_clock(), kGreetingLimit);
  {
    Greeter greeter(world.central, system_clock());
    for (size_t i = 0; i < kGreetingsAtOnce + 10; ++i) greetings.push_back(greeter.greet(daemon.as(world.system())));
    for (size_t i = 0; i < kGreetingsAtOnce; ++i) REQUIRE(daemon.accept(std::chrono::seconds(4)));
    CHECK_FALSE(daemon.accept(std::chrono::milliseconds(200)));
    daemon.close_one();
    CHECK(daemon.accept(std::chrono::seconds(2)));
  }
  CHECK_FALSE(deadline.passed());
  for (std::future<bool>& greeting : greetings) CHECK_FALSE(greeting.get());
}

}  // namespace sparekeep::central
