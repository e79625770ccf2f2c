#include "lib/net/client.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>

#include "lib/base/text.h"
#include "lib/net/connector.h"
#include "lib/net/head.h"
#include "lib/net/server_check.h"

namespace sparekeep {
namespace {

constexpr size_t kInputBytes = kHeaderBytesMax + 1;
constexpr int kRetryAfterMax = 10;                   // seconds

// One connection and what was read from it but not yet used.
struct Connection {
  Descriptor socket;
  std::unique_ptr<Channel> channel;                  // dies before the socket
  std::optional<CertificateFacts> peer{};
  std::string input{};
  bool used = false;                                 // a request was answered on it
};

// Why an attempt failed, and whether the server can have seen the request.
struct Failure {
  Error error;
  bool may_repeat = false;                           // broken before any byte of an answer
};

Error too_long(uint64_t length, uint64_t length_max) {
  return Error(ErrorKind::corrupt,
               "the answer has " + std::to_string(length) + " bytes; expected at most " + std::to_string(length_max));
}

Error ended() { return Error(ErrorKind::unreachable, "connection closed by the other side"); }

std::vector<ByteSpan> parts_of(const std::string& head, const HttpRequest& request, const SendOptions& options) {
  std::vector<ByteSpan> parts{as_bytes(head)};
  if (options.body.empty()) parts.emplace_back(request.body);
  parts.insert(parts.end(), options.body.begin(), options.body.end());
  return parts;
}

uint64_t size_of(const HttpRequest& request, const SendOptions& options) {
  if (options.body.empty()) return request.body.size();
  uint64_t size = 0;
  for (ByteSpan part : options.body) size += part.size();
  return size;
}

Result<MutableSpan> room_for_body(HttpResponse& response, size_t length, MutableSpan into) {
  if (into.empty() || response.status >= 400) {
    response.body.resize(length);
    return MutableSpan(response.body);
  }
  if (length == into.size()) return into;
  return Error(ErrorKind::corrupt, "the answer has " + std::to_string(length) + " bytes; expected " + std::to_string(into.size()));
}

bool is_idempotent(const HttpRequest& request, const SendOptions& options) { return options.idempotent.value_or(request.method != "POST"); }

// The server asks for another try. Where it has not done anything yet any request may be sent again.
std::optional<Duration> wanted_pause(const HttpResponse& response, bool idempotent) {
  const std::string* text = response.status == 503 ? response.headers.find("retry-after") : nullptr;
  if (text && !idempotent && response.headers.find(kHandledHeader)) return std::nullopt;
  int seconds = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc()) return std::nullopt;
  return std::chrono::seconds(std::clamp(seconds, 1, kRetryAfterMax));
}

}  // namespace

struct HttpClient::State {
  State(ClientOptions given, const Clock& its_clock)
      : options(std::move(given)), clock(its_clock), check(options.check ? options.check : within_time(its_clock)) {}

  std::string name() const {
    return options.local_socket ? options.local_socket->string() : to_string(Endpoint{options.host, options.port});
  }

  Result<HttpResponse> exchange(const HttpRequest& request, const SendOptions& send_options);
  Result<HttpResponse> exchange_once(const HttpRequest& request, const SendOptions& send_options, const Deadline& whole);
  Result<void> connect(const Deadline& whole);
  Result<void> shake_hands(const Deadline& whole);
  Result<void> check_peer();
  bool connection_is_stale();
  std::variant<HttpResponse, Failure> attempt(const HttpRequest& request, const SendOptions& send_options, const Deadline& whole);
  Result<bool> send_parts(const std::vector<ByteSpan>& parts, const Deadline& whole);
  Result<bool> send_part(ByteSpan part, const Deadline& whole);
  Result<bool> input_arrived();
  Result<size_t> read_some(MutableSpan to, const Deadline& end, const Phase& phase, const Deadline& whole);
  Result<ResponseHead> receive_head(const SendOptions& send_options, const Deadline& whole);
  Result<ResponseHead> receive_one_head(const Deadline& end, const Phase& phase, const Deadline& whole);
  Result<void> receive_body(MutableSpan body, const Deadline& whole);

  const ClientOptions options;
  const Clock& clock;
  const PeerCheck check;
  Waiter waiter;
  std::optional<Connection> connection;
  std::mutex mutex;                                  // over the three below
  bool sending = false;
  bool drop = false;                                 // close() came between two sends
  std::optional<CertificateFacts> peer;
};

Result<void> HttpClient::State::connect(const Deadline& whole) {
  connection.reset();
  const Phase phase{options.deadlines.connect, "no connection within", "connect"};
  Result<Descriptor> socket = options.local_socket ? connect_local(*options.local_socket)
                                                   : connect_tcp({options.host, options.port}, waiter, phase, clock, whole);
  if (!socket) return socket.error();
  const int fd = socket->get();
  connection = Connection{std::move(*socket), options.local_socket ? plain_channel(fd) : tls_channel(*options.tls, fd, Side::client, true)};
  Result<void> shaken = options.local_socket ? Result<void>() : shake_hands(whole);
  if (shaken && !options.local_socket) shaken = check_peer();
  if (!shaken) connection.reset();
  return shaken;
}

Result<void> HttpClient::State::shake_hands(const Deadline& whole) {
  const Phase phase{options.deadlines.tls, "no answer within", "TLS"};
  const Deadline end(clock, phase.limit);
  while (true) {
    const Step step = connection->channel->handshake();
    switch (step.state) {
      case Step::State::done: return {};
      case Step::State::ended: return ended().during("TLS");
      case Step::State::failed: return connection->channel->fault();
      case Step::State::waits: break;
    }
    const Result<short> ready = waiter.wait(connection->socket.get(), events_of(step.need), end, phase, whole);
    if (!ready) return ready.error();
  }
}

Result<void> HttpClient::State::check_peer() {
  Result<CertificateFacts> facts = check_server(*connection->channel, options, check);
  if (!facts) return facts.error();
  connection->peer = std::move(*facts);
  return {};
}

// A server closes idle connections; one look saves the failed attempt.
bool HttpClient::State::connection_is_stale() {
  if (!connection) return true;
  pollfd socket{connection->socket.get(), POLLIN, 0};
  if (::poll(&socket, 1, 0) == 0) return false;
  uint8_t byte = 0;
  return connection->channel->read({&byte, 1}).state != Step::State::waits;
}

// true: all was sent. false: an answer came first.
Result<bool> HttpClient::State::send_parts(const std::vector<ByteSpan>& parts, const Deadline& whole) {
  for (ByteSpan part : parts) {
    const Result<bool> sent = send_part(part, whole);
    if (!sent || !*sent) return sent;
  }
  return true;
}

Result<bool> HttpClient::State::send_part(ByteSpan part, const Deadline& whole) {
  const Phase phase{options.deadlines.stall, "no byte was taken for", "request body"};
  Deadline end(clock, phase.limit);
  while (!part.empty()) {
    const Step step = connection->channel->write(part);
    if (step.state == Step::State::done) {
      part = part.subspan(step.bytes);
      end = Deadline(clock, phase.limit);
      if (waiter.interrupted()) return Error(ErrorKind::closed, "the connection was closed here");
      continue;
    }
    if (step.state != Step::State::waits) {          // the answer may lie there already
      const Error fault = step.state == Step::State::ended ? ended() : connection->channel->fault();
      const Result<bool> arrived = input_arrived();
      if (arrived && *arrived) return false;
      return fault;
    }
    const Result<short> ready = waiter.wait(connection->socket.get(), static_cast<short>(POLLIN | events_of(step.need)), end, phase, whole);
    if (!ready) return ready.error();
    if ((*ready & POLLIN) == 0) continue;
    const Result<bool> arrived = input_arrived();
    if (!arrived) return arrived.error();
    if (*arrived) return false;
  }
  return true;
}

Result<bool> HttpClient::State::input_arrived() {
  std::string& input = connection->input;
  const size_t before = input.size();
  input.resize(kInputBytes);
  const Step step = connection->channel->read({reinterpret_cast<uint8_t*>(input.data()) + before, kInputBytes - before});
  input.resize(before + step.bytes);
  if (step.state == Step::State::failed) return connection->channel->fault();
  if (step.state == Step::State::ended) return ended();
  return step.state == Step::State::done;
}

Result<size_t> HttpClient::State::read_some(MutableSpan to, const Deadline& end, const Phase& phase, const Deadline& whole) {
  while (true) {
    const Step step = connection->channel->read(to);
    switch (step.state) {
      case Step::State::done: return step.bytes;
      case Step::State::ended: return ended();
      case Step::State::failed: return connection->channel->fault();
      case Step::State::waits: break;
    }
    const Result<short> ready = waiter.wait(connection->socket.get(), events_of(step.need), end, phase, whole);
    if (!ready) return ready.error();
  }
}

Result<ResponseHead> HttpClient::State::receive_one_head(const Deadline& end, const Phase& phase, const Deadline& whole) {
  std::string& input = connection->input;
  while (true) {
    const HeadScan scan = scan_head(input);
    if (scan.state == HeadScan::State::malformed || (scan.state == HeadScan::State::incomplete && input.size() >= kHeaderBytesMax)) {
      return Error(ErrorKind::corrupt, "malformed answer");
    }
    if (scan.state == HeadScan::State::complete) {
      Result<ResponseHead> head = parse_response_head(std::string_view(input).substr(0, scan.end));
      input.erase(0, scan.end);
      return head;
    }
    const size_t before = input.size();
    input.resize(kInputBytes);
    const Result<size_t> count =
        read_some({reinterpret_cast<uint8_t*>(input.data()) + before, kInputBytes - before}, end, phase, whole);
    input.resize(before + (count ? *count : 0));
    if (!count) return count.error();
  }
}

Result<ResponseHead> HttpClient::State::receive_head(const SendOptions& send_options, const Deadline& whole) {
  const Phase phase{send_options.first_byte.value_or(options.deadlines.first_byte), "no answer within", "first byte"};
  for (int i = 0; i <= kInterimMax; ++i) {
    const Deadline end(clock, phase.limit);
    Result<ResponseHead> head = receive_one_head(end, phase, whole);
    if (!head || head->response.status >= 200) return head;
  }
  return Error(ErrorKind::corrupt, "malformed answer: too many interim answers");
}

Result<void> HttpClient::State::receive_body(MutableSpan body, const Deadline& whole) {
  const Phase phase{options.deadlines.stall, "no byte came for", "body"};
  size_t filled = std::min(body.size(), connection->input.size());
  std::copy_n(connection->input.begin(), filled, body.begin());
  connection->input.erase(0, filled);
  while (filled < body.size()) {
    const Deadline end(clock, phase.limit);
    const Result<size_t> count = read_some(body.subspan(filled), end, phase, whole);
    if (!count) return count.error();
    if (waiter.interrupted()) return Error(ErrorKind::closed, "the connection was closed here");
    filled += *count;
  }
  return {};
}

std::variant<HttpResponse, Failure> HttpClient::State::attempt(const HttpRequest& request, const SendOptions& send_options,
                                                               const Deadline& whole) {
  const bool kept = connection->used;
  const std::string host = options.local_socket ? "localhost" : name();
  const std::string head_text = print_request_head(request, host, size_of(request, send_options));
  const Result<bool> sent = send_parts(parts_of(head_text, request, send_options), whole);
  const auto broken = [&](const Error& error) {
    return Failure{error, kept && connection->input.empty() && error.kind() == ErrorKind::unreachable};
  };
  if (!sent) return broken(sent.error());
  Result<ResponseHead> head = receive_head(send_options, whole);
  if (!head) return broken(head.error());
  const bool with_body = request.method != "HEAD" && has_body(head->response.status);
  if (with_body && !head->content_length) return Failure{Error(ErrorKind::corrupt, "malformed answer: no content-length")};
  const uint64_t length = with_body ? *head->content_length : 0;
  const size_t least = head->response.status >= 400 ? kBodyMaxDefault : 0;       // an error's text always fits
  if (const uint64_t length_max = std::max(send_options.response_max, least); length > length_max) {
    return Failure{too_long(length, length_max)};
  }
  const Result<MutableSpan> body = room_for_body(head->response, static_cast<size_t>(length), send_options.into);
  if (!body) return Failure{body.error()};
  if (const Result<void> received = receive_body(*body, whole); !received) return Failure{received.error()};
  connection->used = true;
  if (!head->keep_alive || !*sent || !connection->input.empty()) connection.reset();
  return std::move(head->response);
}

Result<HttpResponse> HttpClient::State::exchange(const HttpRequest& request, const SendOptions& send_options) {
  const Deadline whole(clock, send_options.limit);
  while (true) {
    Result<HttpResponse> response = exchange_once(request, send_options, whole);
    const std::optional<Duration> pause = response ? wanted_pause(*response, is_idempotent(request, send_options)) : std::nullopt;
    if (!pause || *pause >= whole.left()) return response;
    if (const Result<void> waited = waiter.pause(*pause); !waited) return waited.error();
  }
}

Result<HttpResponse> HttpClient::State::exchange_once(const HttpRequest& request, const SendOptions& send_options, const Deadline& whole) {
  if (connection_is_stale()) connection.reset();
  for (bool repeated = false;; repeated = true) {
    if (!connection) {
      if (Result<void> connected = connect(whole); !connected) return connected.error();
    }
    {
      const std::lock_guard lock(mutex);
      peer = connection->peer;
    }
    std::variant<HttpResponse, Failure> outcome = attempt(request, send_options, whole);
    if (auto* response = std::get_if<HttpResponse>(&outcome)) return std::move(*response);
    connection.reset();
    const Failure& failure = std::get<Failure>(outcome);
    if (repeated || !failure.may_repeat || !is_idempotent(request, send_options)) return failure.error;
  }
}

HttpClient::HttpClient(ClientOptions options, const Clock& clock) : state_(std::make_unique<State>(std::move(options), clock)) {
  SK_CHECK(state_->options.tls || state_->options.local_socket);
}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::exchange(const HttpRequest& request, const SendOptions& options) {
  {
    const std::lock_guard lock(state_->mutex);
    SK_CHECK(!state_->sending);
    state_->sending = true;
    if (std::exchange(state_->drop, false)) state_->connection.reset();
  }
  Result<HttpResponse> response = state_->exchange(request, options);
  const std::lock_guard lock(state_->mutex);
  state_->sending = false;
  if (state_->waiter.interrupted()) state_->connection.reset();
  state_->waiter.rearm();
  return during(name(), std::move(response));
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const SendOptions& options) {
  Result<HttpResponse> response = exchange(request, options);
  if (response && response->status >= 400) return error_of(*response).during(name());
  return response;
}

void HttpClient::close() {
  const std::lock_guard lock(state_->mutex);
  if (state_->sending) state_->waiter.interrupt();
  if (!state_->sending) state_->drop = true;
}

std::optional<CertificateFacts> HttpClient::peer() const {
  const std::lock_guard lock(state_->mutex);
  return state_->peer;
}

std::string HttpClient::name() const { return state_->name(); }

}  // namespace sparekeep
