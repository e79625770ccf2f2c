// The agent's service: asks the central for orders, carries each out, and sends what has come of it. One order at a time. The agent opens
// every connection itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "agent/orders/host.h"
#include "agent/privileged/run_register.h"
#include "inventory/exchange/master_exchange.h"
#include "lib/central/central_client.h"
#include "lib/host/certificate_renewal.h"
#include "lib/wire/order.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

class AgentService {
 public:
  explicit AgentService(AgentHost host);
  ~AgentService();                                     // stops: a run under way ends at its next entry
  void wake();                                         // a central is there: no longer wait for the next try

 private:
  void run();
  Result<void> turn(CentralClient& central);           // exchange, whatever it throws
  Result<void> exchange(CentralClient& central);       // all that is to be said to the central, then the next order
  void complete_unfinished();
  Result<void> fetch_master(CentralClient& central);
  void carry_out(const SignedOrder& signed_order, CentralClient& central);
  void refuse(const SignedOrder& signed_order, const Error& error, CentralClient& central);
  bool tell(const RunResult& result, CentralClient& central);
  void repeat(const RunRegister& runs, const Order& order, const Error& refused, CentralClient& central);
  RunResult execute(const SignedOrder& signed_order, const Order& order);
  bool wait(Duration& delay);                          // with jitter; false: stopping; woken, the next wait is the first one again

  AgentHost host_;
  MasterExchange exchange_;
  Renewal renewal_;
  Duration next_completion_{};                         // boot time
  std::atomic<bool> stopping_{false};
  bool woken_ = false;                                 // under the mutex
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<CentralClient> central_;             // replaced under the mutex; closed from the destructor
  std::unique_ptr<CentralClient> next_central_;        // after a renewal; only the thread's own
  std::thread thread_;
};

}  // namespace sparekeep::agent
