// What install makes of what agents say of their ways to the daemons.
#include "installer/install/reach.h"

#include <sstream>
#include <thread>

#include "lib/central/central_client.h"
#include "lib/net/server.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

namespace sparekeep::central {

namespace {

class World {
 public:
  World() {
    router_.add("GET", std::string(kHelloPath), {}, [](const HttpRequest&) { return HttpResponse::of_status(204); });
    declare("store1", store_, {}), declare("web1", web_, {});
    ServerOptions serving;
    serving.tls = certified(store_, Role::daemon), serving.check = within_time(system_clock());
    server_.emplace(std::move(serving), router_);
    server_->start().value();
    declare("store1", store_, server_->port());
  }

  // What the tasks say, while the agent of web1 answers its one order so.
  std::string check(const std::function<void(const Order&, RunResult&)>& answer) {
    std::thread agent([&] {
      CentralClient client(central_.endpoint(), certified(web_, Role::agent), system_clock());
      const Order order = from_json<Order>(client.next_order(std::chrono::seconds(20)).value()->text).value();
      RunResult result;
      result.run = order.run, result.state = "complete";
      answer(order, result);
      client.result(result).value();
    });
    std::istringstream in;
    std::ostringstream out, err;
    Console console({in, out, err}, {});
    HostTasks tasks(console, system_clock());
    check_reach(central_, system_clock(), {{"web1", web_}}, tasks);
    agent.join();
    return out.str();
  }
  const HostId& store() const { return store_; }
  uint16_t port() const { return server_->port(); }

 private:
  void declare(const std::string& name, const HostId& id, std::optional<uint16_t> port) {
    HostDeclaration declaration;
    declaration.host.id = id, declaration.host.name = name, declaration.host.address = "127.0.0.1", declaration.host.zone = "rack-a";
    declaration.host.local = true;
    declaration.daemon_port = port;
    central_.declare(declaration);
  }
  Tls certified(const HostId& id, Role role) {
    KeyPair key = make_tls_key(made_.random);
    std::string certificate = central_.issue_certificate(make_request(key.private_pem, "host").value(), id, {role});
    return TlsContext::load({std::move(certificate), std::move(key.private_pem), central_.state().delegation().authority_pem}).value();
  }

  TestCentral made_;
  RunningCentral central_{{.state = made_.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made_.random};
  const HostId store_ = made_.random.id<HostId>(), web_ = made_.random.id<HostId>();
  Router router_;
  std::optional<HttpServer> server_;
};

}  // namespace

TEST_CASE("an agent is asked for the daemons that answer the central, and what it does not reach fails its host") {
  World world;
  const std::string good = world.check([&](const Order& order, RunResult&) {
    CHECK(order.kind == "reach");
    REQUIRE(order.reach.systems.size() == 1);
    CHECK(order.reach.systems[0].id == world.store());
    CHECK(order.reach.systems[0].name == "store1");
    CHECK(order.reach.systems[0].port == world.port());
  });
  CHECK(good == "ok:          web1  reach\n");
  const std::string bad = world.check([](const Order&, RunResult& result) {
    result.state = "failed";
    result.errors = {{"unreachable", "", "web1 -> store1:7421 refused"}};
  });
  CHECK(bad == "failed:      web1  reach: web1 -> store1:7421 refused; open it or set storage.address\n");
}

}  // namespace sparekeep::central
