// One connection of a server: a coroutine on a strand of its own that reads a request, has it answered by a worker, writes
// the answer, and begins again. One point in time, the deadline, is watched beside it; when it passes, or when the server
// stops, the socket is shut down in both directions and every step ends by itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lib/net/channel.h"
#include "lib/net/head.h"
#include "lib/net/server_core.h"

namespace sparekeep {

class ServedConnection : public std::enable_shared_from_this<ServedConnection> {
 public:
  ServedConnection(ServerCore& core, Descriptor socket);
  void start();                        // runs until the connection ends; the table of the core holds it so long
  void drain();                        // any thread: no request after the one at hand
  void cut();                          // any thread: now

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Moment = boost::asio::steady_timer::time_point;

  Awaitable<void> serve();
  Awaitable<void> watch();
  Awaitable<bool> handshake();
  Awaitable<bool> one_request();
  Awaitable<bool> next_head();
  Awaitable<bool> wait_for_room(size_t length, BudgetHold& hold);
  Awaitable<bool> take_body(HttpRequest& request, const RequestHead& head);
  Awaitable<void> handle(const Route& route, HttpRequest& request, HttpResponse& response);
  using MoveStep = std::function<Step(size_t moved)>;
  Awaitable<bool> move_bytes(size_t length, const MoveStep& move);   // step by step, until all are
  Awaitable<bool> read_body(Bytes& body);
  Awaitable<bool> answer(const HttpRequest& request, HttpResponse response, bool keep_alive);
  Awaitable<bool> refuse(const HttpResponse& response);
  Awaitable<bool> write_all(ByteSpan bytes);
  Awaitable<bool> write_file(const FileBody& file);
  Awaitable<ssize_t> read_by_worker(int fd, MutableSpan into, off_t offset);
  Awaitable<void> linger();
  Awaitable<bool> ready(Need need);
  std::optional<HttpResponse> identify(HttpRequest& request);
  bool take_seat();                              // false: this peer has too many connections

  static Moment now() { return boost::asio::steady_timer::clock_type::now(); }   // of the timers: waits of the network only
  void allow(Duration limit) { set_deadline(now() + limit); }
  void allow_transfer(uint64_t bytes);           // begins a body's deadline
  void allow_stall();                            // and moves it on with each progress
  void set_deadline(Moment moment);
  void shut();

  ServerCore& core_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;              // of the deadline
  boost::asio::steady_timer pause_;              // of what serve() itself waits for
  std::unique_ptr<Channel> channel_;
  Bytes certificate_;
  HostId peer_;                                  // of the certificate; zero: none
  bool seated_ = false;
  std::optional<LocalPeer> local_;
  std::string input_;
  Moment deadline_ = Moment::max();
  Moment transfer_end_ = Moment::max();
  bool draining_ = false, idle_ = true, done_ = false;
};

}  // namespace sparekeep
