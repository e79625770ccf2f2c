// A host with a vault, daemons in this process, and a central that says what a test wants: all that delivering and orders meet.
#pragma once

#include <map>
#include <mutex>

#include "agent/backup/outbox.h"
#include "agent/orders/host.h"
#include "lib/central/central_client.h"
#include "test/chain/chain_world.h"
#include "test/support/trust.h"

namespace sparekeep::agent {

class ToldCentral {                                      // takes what comes, refuses what it is told to
 public:
  explicit ToldCentral(const Tls& tls);
  Endpoint endpoint() const { return server_.endpoint(); }
  void stop() { server_.stop(); }

  void refuse_objects(const std::string& path_part, const Error& error);   // every PUT of such a path; an empty text: no more
  void give(const SignedOrder& order);
  std::vector<std::string> objects() const;              // paths of taken ones
  std::vector<RunResult> results() const;

 private:
  void add_routes();
  HttpResponse take(HttpRequest& request);
  mutable std::mutex mutex_;
  std::map<std::string, Error> refused_;
  std::vector<SignedOrder> orders_;
  std::vector<std::string> objects_;
  std::vector<RunResult> results_;
  Router router_;
  HttpServer server_;
};

struct AgentWorld {
  explicit AgentWorld(size_t daemons);

  AgentHost host();                                      // as the agent opens it, with a master file that names the daemons
  CentralClient client() { return CentralClient(central.endpoint(), chain.client({Role::agent}), system_clock()); }
  Outbox outbox() const { return Outbox(chain.state() / "waiting"); }
  std::string back_up();                                 // a snapshot in force that waits for the central; its record's name
  SignedOrder signed_order(const Order& order) const;
  Order order(const std::string& kind);                  // for this host, for an hour

  TestTrust trust;
  ChainWorld chain;
  ToldCentral central;
  TemporaryFolder root, source;
};

}  // namespace sparekeep::agent
