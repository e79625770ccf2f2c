#include "lib/net/server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "lib/base/log.h"
#include "lib/net/connection.h"
#include "lib/net/listener.h"

namespace sparekeep {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);     // when there are no descriptors left

}  // namespace

bool ConnectionTable::add(const std::shared_ptr<ServedConnection>& connection, size_t connections_max) {
  const std::lock_guard lock(mutex_);
  if (table_.size() >= connections_max) return false;
  table_.emplace(connection.get(), connection);
  return true;
}

void ConnectionTable::remove(ServedConnection* connection) {
  const std::lock_guard lock(mutex_);
  table_.erase(connection);
  if (table_.empty()) emptied_.notify_all();
}

size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

std::vector<std::shared_ptr<ServedConnection>> ConnectionTable::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ServedConnection>> connections;
  for (const auto& [pointer, weak] : table_) {
    if (auto connection = weak.lock()) connections.push_back(std::move(connection));
  }
  return connections;
}

bool ConnectionTable::wait_until_empty(Duration limit) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, limit, [&] { return table_.empty(); });
}

bool PeerSeats::take(const HostId& peer, size_t seats_max) {
  const std::lock_guard lock(mutex_);
  size_t& seats = seats_[peer];
  if (seats >= seats_max) return false;
  ++seats;
  return true;
}

void PeerSeats::leave(const HostId& peer) {
  const std::lock_guard lock(mutex_);
  const auto its = seats_.find(peer);
  if (its != seats_.end() && --its->second == 0) seats_.erase(its);
}

struct HttpServer::State {
  State(ServerOptions options, const Router& router) : core(std::move(options), router), listener(asio::make_strand(core.io)) {}

  Result<Descriptor> listen() const {
    const ServerOptions& options = core.options;
    return options.local ? listen_locally(options.local->path, options.local->mode) : listen_on(options.listen);
  }
  asio::awaitable<void> accept_all();
  bool accept_one();
  void stop();

  ServerCore core;
  asio::posix::stream_descriptor listener;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  uint16_t port = 0;
  bool started = false;
};

// false: nobody waits any more.
bool HttpServer::State::accept_one() {
  Descriptor socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) return errno == ECONNABORTED || errno == EINTR;
  const int on = 1;
  if (!core.options.local) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  try {
    const auto connection = std::make_shared<ServedConnection>(core, std::move(socket));
    if (core.connections.add(connection, core.options.limits.connections_max)) connection->start();
  } catch (const std::exception& fault) {
    log_error(std::string("accepting a connection: ") + fault.what());
  }
  return true;
}

asio::awaitable<void> HttpServer::State::accept_all() {
  asio::steady_timer pause(listener.get_executor());
  while (!core.stopping.stop_requested()) {
    const auto [fault] = co_await listener.async_wait(asio::posix::descriptor_base::wait_read, kTuple);
    if (fault) co_return;
    while (accept_one()) continue;
    if (errno == EAGAIN) continue;
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kTuple);
  }
}

HttpServer::HttpServer(ServerOptions options, const Router& router) : state_(std::make_unique<State>(std::move(options), router)) {
  const ServerOptions& given = state_->core.options;
  SK_CHECK(given.local || (given.tls && given.check));
  SK_CHECK(given.io_threads > 0 && given.workers > 0);
}

HttpServer::~HttpServer() { stop(); }

Result<void> HttpServer::start() {
  SK_CHECK(!state_->started && !state_->core.stopping.stop_requested());
  Result<Descriptor> socket = state_->listen();
  if (!socket) return socket.error();
  if (!state_->core.options.local) {
    const Result<uint16_t> port = listening_port(socket->get());
    if (!port) return port.error();
    state_->port = *port;
  }
  state_->listener.assign(socket->release());
  state_->work.emplace(state_->core.io.get_executor());
  state_->started = true;
  asio::co_spawn(state_->listener.get_executor(), [state = state_.get()] { return state->accept_all(); }, asio::detached);
  for (size_t i = 0; i < state_->core.options.io_threads; ++i) state_->threads.emplace_back([this] { state_->core.io.run(); });
  return {};
}

uint16_t HttpServer::port() const { return state_->port; }
Endpoint HttpServer::endpoint() const { return {state_->core.options.listen.host, state_->port}; }

void HttpServer::stop() { state_->stop(); }

void HttpServer::State::stop() {
  if (!std::exchange(started, false)) return;
  core.stopping.request_stop();
  std::promise<void> closed;
  asio::post(listener.get_executor(), [&] {
    listener.close();
    closed.set_value();
  });
  closed.get_future().wait();
  if (core.options.local) ::unlink(core.options.local->path.c_str());
  for (const auto& connection : core.connections.all()) connection->drain();
  if (!core.connections.wait_until_empty(core.options.limits.drain)) {
    for (const auto& connection : core.connections.all()) connection->cut();
    while (!core.connections.wait_until_empty(std::chrono::seconds(1))) continue;
  }
  work.reset();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

void HttpServer::renew(Tls tls) {
  const std::lock_guard lock(state_->core.tls_mutex);
  state_->core.tls = std::move(tls);
}

HttpServer::Numbers HttpServer::numbers() const {
  const ServerCore& core = state_->core;
  return {core.connections.size(), core.budget.used(), core.budget.peak(), core.requests.load()};
}

}  // namespace sparekeep
