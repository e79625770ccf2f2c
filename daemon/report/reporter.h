// First metadata: tells the central of the disk space, and brings back newer master files and a new certificate when one is due. While no
// central answers it tries again, with jitter, up to the stated wait.
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "daemon/shards/shard_directory.h"
#include "inventory/exchange/master_exchange.h"
#include "lib/central/central_client.h"

namespace sparekeep::daemon {

struct ReporterParts {                               // all outlive the reporter
  HostId host;
  Endpoint central;
  Duration retry;
  Clock& clock;
  Random& random;
  const ShardDirectory& shards;
  MasterKeeper& master;
};

class Reporter {
 public:
  using Renew = std::function<std::optional<Tls>(CentralClient& central)>;   // asked after each report: a new certificate, or nothing

  Reporter(ReporterParts parts, Tls tls, Renew renew);
  ~Reporter();                                       // stops
  bool central_answered_within(Duration age) const;  // a report that was delivered here; not one that the central took by a greeting
  void wake();                                       // a central is there: reports at once

 private:
  void run();
  Result<Duration> turn(std::unique_ptr<CentralClient>& central);
  Result<Duration> report_once(CentralClient& central);
  enum class Waited { whole, woken, stopping };
  Waited wait(Duration duration);

  const ReporterParts parts_;
  MasterExchange exchange_;
  Tls tls_;
  const Renew renew_;
  std::atomic<int64_t> answered_{INT64_MIN};         // boot time of the last answer, in nanoseconds
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, woken_ = false;
  std::thread thread_;
};

}  // namespace sparekeep::daemon
