// What all connections of one server share.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>

#include "lib/base/spare_buffers.h"
#include "lib/base/worker_pool.h"
#include "lib/net/byte_budget.h"
#include "lib/net/server.h"

namespace sparekeep {

class ServedConnection;

class ConnectionTable {
 public:
  bool add(const std::shared_ptr<ServedConnection>& connection, size_t connections_max);
  void remove(ServedConnection* connection);
  size_t size() const;
  std::vector<std::shared_ptr<ServedConnection>> all() const;
  bool wait_until_empty(Duration limit);                     // false: the limit passed

 private:
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<ServedConnection*, std::weak_ptr<ServedConnection>> table_;
};

// How many connections each peer has.
class PeerSeats {
 public:
  bool take(const HostId& peer, size_t seats_max);           // false: it has that many
  void leave(const HostId& peer);

 private:
  std::mutex mutex_;
  std::map<HostId, size_t> seats_;
};

struct ServerCore {
  ServerCore(ServerOptions given, const Router& its_router)
      : options(std::move(given)), router(its_router), tls(options.tls), budget(options.limits.bodies_bytes_max, options.limits.bodies_bytes_per_peer_max),
        workers(options.workers, options.limits.connections_max + options.workers) {}

  Tls tls_now() const {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }

  const ServerOptions options;
  const Router& router;
  boost::asio::io_context io;
  mutable std::mutex tls_mutex;
  Tls tls;
  ByteBudget budget;
  SpareBuffers buffers{2, 256 << 10, 17 << 20};              // of the bodies of shards
  std::stop_source stopping;
  std::atomic<uint64_t> requests = 0;
  ConnectionTable connections;
  PeerSeats seats;
  WorkerPool workers;                                        // dies first: no handler outlives what it uses
};

}  // namespace sparekeep
