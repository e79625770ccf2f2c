#include "lib/net/connection.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include "lib/base/log.h"
#include "lib/net/awaiting.h"
#include "lib/net/listener.h"

namespace sparekeep {
namespace {

constexpr size_t kSmallBody = 12 << 10;              // goes into one record with its head
constexpr int kSignsOfLifeMax = 10;
constexpr size_t kSmallAnswer = 64 << 10;            // is never refused, nor counted

HttpResponse body_refusal(uint64_t length, size_t length_max) {
  const std::string text = "a body of " + std::to_string(length) + " bytes; expected at most " + std::to_string(length_max);
  HttpResponse refused = HttpResponse::of_error(Error(ErrorKind::usage, text));
  refused.status = 413;
  return refused;
}

// Told to a peer that takes too much at once: its turn comes.
HttpResponse busy_refusal(const std::string& text) {
  HttpResponse refused = HttpResponse::of_error(Error(ErrorKind::busy, text));
  refused.headers.set("retry-after", "1");
  return refused;
}

HttpResponse head_refusal(bool too_long) {
  const std::string text = too_long ? "a head of more than " + std::to_string(kHeaderBytesMax) + " bytes" : "malformed request";
  HttpResponse refused = HttpResponse::of_error(Error(ErrorKind::usage, text));
  if (too_long) refused.status = 431;
  return refused;
}

}  // namespace

ServedConnection::ServedConnection(ServerCore& core, Descriptor socket)
    : core_(core), socket_(asio::make_strand(core.io), socket.release()), timer_(socket_.get_executor()), pause_(socket_.get_executor()) {
  const int fd = socket_.native_handle();
  if (core.options.local) {
    local_ = local_peer_of(fd);
    channel_ = plain_channel(fd);
  } else {
    channel_ = tls_channel(*core.tls_now(), fd, Side::server, core.options.client_certificate == ClientCertificate::required);
  }
}

bool ServedConnection::take_seat() {
  if (certificate_.empty()) return true;
  if (const Result<CertificateFacts> facts = read_certificate_der(certificate_)) peer_ = facts->identity.host;
  seated_ = core_.seats.take(peer_, core_.options.limits.connections_per_peer_max);
  return seated_;
}

void ServedConnection::start() {
  const auto self = shared_from_this();
  const auto finished = [self](const std::exception_ptr& fault) {
    self->done_ = true;
    self->timer_.cancel();
    if (self->seated_) self->core_.seats.leave(self->peer_);
    self->core_.connections.remove(self.get());
    if (!fault) return;
    try {
      std::rethrow_exception(fault);
    } catch (const std::exception& error) {
      log_error(std::string("a connection ended: ") + error.what());
    }
  };
  asio::co_spawn(socket_.get_executor(), [self] { return self->serve(); }, finished);
  asio::co_spawn(socket_.get_executor(), [self] { return self->watch(); }, [self](const std::exception_ptr&) {});
}

void ServedConnection::drain() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->shut();
  });
}

void ServedConnection::cut() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->shut(); });
}

void ServedConnection::shut() {
  draining_ = true;
  ::shutdown(socket_.native_handle(), SHUT_RDWR);    // the descriptor stays ours, so no step can meet a stranger's
}

void ServedConnection::set_deadline(Moment moment) {
  deadline_ = moment;
  if (moment < timer_.expiry()) timer_.cancel();
}

void ServedConnection::allow_transfer(uint64_t bytes) {
  const ServerLimits& limits = core_.options.limits;
  transfer_end_ = now() + limits.body_stall + std::chrono::seconds(bytes / limits.body_rate_min);
  allow_stall();
}

void ServedConnection::allow_stall() {
  set_deadline(std::min(transfer_end_, now() + core_.options.limits.body_stall));
}

asio::awaitable<void> ServedConnection::watch() {
  while (!done_) {
    timer_.expires_at(deadline_);
    co_await timer_.async_wait(kTuple);
    if (now() < deadline_) continue;
    shut();
    deadline_ = Moment::max();
  }
}

asio::awaitable<bool> ServedConnection::ready(Need need) {
  const auto side = need == Need::writable ? asio::posix::descriptor_base::wait_write : asio::posix::descriptor_base::wait_read;
  const auto [error] = co_await socket_.async_wait(side, kTuple);
  co_return !error;
}

asio::awaitable<void> ServedConnection::serve() {
  const bool shaken = co_await handshake();
  if (!shaken) {
    co_await linger();
    co_return;
  }
  certificate_ = channel_->peer_certificate();
  if (!take_seat()) {
    const HttpResponse refused = busy_refusal("this host has " + std::to_string(core_.options.limits.connections_per_peer_max) + " connections here already");
    co_await refuse(refused);
    co_return;
  }
  while (true) {
    const bool more = co_await one_request();
    if (!more) break;
  }
  channel_->finish();
}

asio::awaitable<bool> ServedConnection::handshake() {
  allow(core_.options.limits.handshake);
  while (true) {
    const Step step = channel_->handshake();
    if (step.state == Step::State::done) co_return true;
    if (step.state != Step::State::waits) co_return false;
    const bool there = co_await ready(step.need);
    if (!there) co_return false;
  }
}

// Who asks; or the refusal of a certificate that is not taken any more.
std::optional<HttpResponse> ServedConnection::identify(HttpRequest& request) {
  request.stopping = core_.stopping.get_token();
  request.local = local_;
  if (local_ && core_.options.local->roles) request.roles = core_.options.local->roles(*local_);
  if (certificate_.empty()) return std::nullopt;
  Result<CertificateFacts> facts = core_.options.check(certificate_);
  if (!facts) return HttpResponse::of_error(Error(ErrorKind::denied, facts.error().text()));
  request.roles = facts->identity.roles;
  request.peer = std::move(*facts);
  return std::nullopt;
}

asio::awaitable<bool> ServedConnection::one_request() {
  const bool there = co_await next_head();
  if (!there) co_return false;
  const HeadScan scan = scan_head(input_);
  std::variant<RequestHead, HttpResponse> parsed = parse_request_head(std::string_view(input_).substr(0, scan.end));
  input_.erase(0, scan.end);
  core_.requests.fetch_add(1);
  if (auto* refused = std::get_if<HttpResponse>(&parsed)) {
    const bool more = co_await refuse(*refused);
    co_return more;
  }
  RequestHead& head = std::get<RequestHead>(parsed);
  HttpRequest& request = head.request;
  if (const std::optional<HttpResponse> unknown = identify(request)) {
    const bool more = co_await refuse(*unknown);
    co_return more;
  }
  std::variant<const Route*, HttpResponse> found = core_.router.match(request);
  if (auto* refused = std::get_if<HttpResponse>(&found)) {
    if (head.content_length > 0) {
      const bool more = co_await refuse(*refused);
      co_return more;
    }
    const bool more = co_await answer(request, std::move(*refused), head.keep_alive);
    co_return more;
  }
  const Route& route = *std::get<const Route*>(found);
  const size_t body_max = std::min(route.options.body_max, core_.options.limits.bodies_bytes_max);
  if (head.content_length > body_max) {
    const HttpResponse refused = body_refusal(head.content_length, body_max);
    const bool more = co_await refuse(refused);
    co_return more;
  }
  BudgetHold hold(core_.budget, peer_);
  const bool room = co_await wait_for_room(static_cast<size_t>(head.content_length), hold);
  if (!room) {
    const HttpResponse refused = busy_refusal("too many bodies are on their way here");
    const bool more = co_await refuse(refused);
    co_return more;
  }
  const bool taken = co_await take_body(request, head);
  if (!taken) co_return false;
  HttpResponse response;
  co_await handle(route, request, response);
  core_.buffers.give(std::move(request.body));
  hold.release();
  if (response.body.size() > kSmallAnswer && !hold.charge(response.body.size())) {
    response = busy_refusal("too many answers of this size are being read");
    response.headers.set(kHandledHeader, "1");
  }
  const bool more = co_await answer(request, std::move(response), head.keep_alive);
  co_return more;
}

// Waits until input_ begins with a whole head. false: ended, late, or malformed and refused.
asio::awaitable<bool> ServedConnection::next_head() {
  const ServerLimits& limits = core_.options.limits;
  idle_ = input_.empty();
  if (idle_ && draining_) co_return false;
  allow(idle_ ? limits.idle : limits.header);
  while (true) {
    const HeadScan scan = scan_head(input_);
    if (scan.state == HeadScan::State::complete && scan.end <= kHeaderBytesMax) co_return true;
    const bool too_long = input_.size() > kHeaderBytesMax;
    if (too_long || scan.state == HeadScan::State::malformed) {
      const HttpResponse refused = head_refusal(too_long);
      co_await refuse(refused);
      co_return false;
    }
    const size_t before = input_.size();
    input_.resize(kHeaderBytesMax + 1);
    const Step step = channel_->read({reinterpret_cast<uint8_t*>(input_.data()) + before, input_.size() - before});
    input_.resize(before + step.bytes);
    if (step.state == Step::State::done) {
      if (idle_) allow(limits.header);
      idle_ = false;
      continue;
    }
    if (step.state != Step::State::waits) co_return false;
    const bool there = co_await ready(step.need);
    if (!there) co_return false;
  }
}

// In line with others. false: there was none within the limit; then the peer keeps its body and comes again.
asio::awaitable<bool> ServedConnection::wait_for_room(size_t length, BudgetHold& hold) {
  if (length == 0) co_return true;
  set_deadline(Moment::max());                       // waiting for room is our fault, not the peer's
  const auto granted = std::make_shared<bool>(false);
  const Moment end = now() + core_.options.limits.room;
  const auto tell = [self = shared_from_this(), granted] {
    asio::post(self->socket_.get_executor(), [self, granted] {
      *granted = true;
      self->pause_.cancel();
    });
  };
  const uint64_t ticket = core_.budget.take(length, tell, hold.peer());
  while (!*granted && now() < end) {
    pause_.expires_at(end);
    co_await pause_.async_wait(kTuple);
  }
  if (!*granted && core_.budget.leave(ticket)) co_return false;
  hold.holds(length);
  co_return true;
}

asio::awaitable<bool> ServedConnection::take_body(HttpRequest& request, const RequestHead& head) {
  const auto length = static_cast<size_t>(head.content_length);
  if (length == 0) co_return true;
  allow_transfer(length);
  if (head.expects_continue) {
    const bool told = co_await write_all(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
    if (!told) co_return false;
  }
  request.body = core_.buffers.sized(length);
  const bool whole = co_await read_body(request.body);
  co_return whole;
}

// Who sent a body hears now and then that its request is being worked on: a disk may be slow, a frozen system is silent.
asio::awaitable<void> ServedConnection::handle(const Route& route, HttpRequest& request, HttpResponse& response) {
  const bool had_body = !request.body.empty();
  bool finished = false, told = true;
  int signs = 0;
  set_deadline(Moment::max());                       // a handler answers for its own time
  core_.workers.submit([&, self = shared_from_this()] {
    response = Router::run(route, request);
    asio::post(self->socket_.get_executor(), [&finished, self] {
      finished = true;
      self->pause_.cancel();
    });
  });
  while (!finished) {
    const Moment next = now() + core_.options.limits.sign_of_life;
    while (!finished && now() < next) {
      pause_.expires_at(next);
      co_await pause_.async_wait(kTuple);
    }
    if (finished || !had_body || !told || signs == kSignsOfLifeMax) continue;
    ++signs;
    allow_transfer(0);
    told = co_await write_all(as_bytes("HTTP/1.1 102 Processing\r\n\r\n"));
    set_deadline(Moment::max());
  }
}

asio::awaitable<bool> ServedConnection::answer(const HttpRequest& request, HttpResponse response, bool keep_alive) {
  const uint64_t length = response.file ? response.file->length : response.body.size();
  const bool keep = keep_alive && !draining_;
  const bool with_body = request.method != "HEAD" && has_body(response.status);
  std::string head = print_response_head(response, length, keep);
  allow_transfer(length);
  const bool small = with_body && !response.file && response.body.size() <= kSmallBody;
  if (small) head += as_text(response.body);
  const bool begun = co_await write_all(as_bytes(head));
  if (!begun) co_return false;
  if (with_body && !small) {
    bool whole = false;
    if (response.file) {
      whole = co_await write_file(*response.file);
    } else {
      whole = co_await write_all(response.body);
    }
    if (!whole) co_return false;
  }
  co_return keep;
}

asio::awaitable<bool> ServedConnection::refuse(const HttpResponse& response) {
  const std::string text = print_response_head(response, response.body.size(), false) + std::string(as_text(response.body));
  allow_transfer(text.size());
  const bool told = co_await write_all(as_bytes(text));
  if (told) co_await linger();
  co_return false;
}

}  // namespace sparekeep
