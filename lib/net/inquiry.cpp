#include "lib/net/inquiry.h"

#include <sys/socket.h>

#include "lib/net/connector.h"
#include "lib/net/server_check.h"

namespace sparekeep {

namespace {

constexpr size_t kPieceBytes = 16 << 10;
constexpr int kStepsAtOnce = 64;                       // whoever sends without end takes the thread from nobody

}  // namespace

Inquiry::Inquiry(ClientOptions options, const HttpRequest& request, Duration limit, const Clock& clock)
    : options_(std::move(options)), check_(options_.check ? options_.check : within_time(clock)), deadline_(clock, limit) {
  text_ = print_request_head(request, to_string(Endpoint{options_.host, options_.port}), request.body.size()) + std::string(as_text(request.body));
  Result<Descriptor> socket = begin_connecting({options_.host, options_.port});
  if (socket) socket_ = std::move(*socket);
  else end(socket.error());
}

pollfd Inquiry::awaited() const { return {socket_.get(), events_of(need_), 0}; }

void Inquiry::go_on() {
  can_go_on_ = !is_done();
  for (int i = 0; can_go_on_ && i < kStepsAtOnce; ++i) can_go_on_ = step();
  if (!is_done() && deadline_.passed()) end(passed({deadline_.limit(), "no answer within", "whole"}));
}

Result<HttpResponse> Inquiry::take() {
  Result<HttpResponse> outcome = during(to_string(Endpoint{options_.host, options_.port}), std::move(*outcome_));
  if (outcome && outcome->status >= 400) return error_of(*outcome);
  return outcome;
}

bool Inquiry::end(Result<HttpResponse> outcome) {
  outcome_ = std::move(outcome);
  channel_.reset();
  socket_ = Descriptor();
  return false;
}

bool Inquiry::moved(const Step& step) {
  switch (step.state) {
    case Step::State::done: return true;
    case Step::State::waits: need_ = step.need; return false;
    case Step::State::ended: return end(Error(ErrorKind::unreachable, "connection closed by the other side"));
    case Step::State::failed: break;
  }
  return end(channel_->fault());
}

bool Inquiry::step() {
  switch (stage_) {
    case Stage::connecting: return connected();
    case Stage::shaking: return shaken();
    case Stage::sending: return sent();
    case Stage::receiving: break;
  }
  return received();
}

bool Inquiry::connected() {
  pollfd ready = awaited();
  if (::poll(&ready, 1, 0) == 0) return false;
  if (const Result<void> made = finish_connecting(socket_); !made) return end(made.error());
  channel_ = tls_channel(*options_.tls, socket_.get(), Side::client, true);
  stage_ = Stage::shaking;
  return true;
}

bool Inquiry::shaken() {
  if (!moved(channel_->handshake())) return false;
  const Result<CertificateFacts> facts = check_server(*channel_, options_, check_);
  if (!facts) return end(facts.error());
  stage_ = Stage::sending;
  return true;
}

bool Inquiry::sent() {
  const Step step = channel_->write(as_bytes(text_));
  if (!moved(step)) return false;
  text_.erase(0, step.bytes);
  if (text_.empty()) stage_ = Stage::receiving, need_ = Need::readable;
  return true;
}

bool Inquiry::received() {
  const size_t before = input_.size();
  input_.resize(before + kPieceBytes);
  const Step step = channel_->read({reinterpret_cast<uint8_t*>(input_.data()) + before, kPieceBytes});
  input_.resize(before + step.bytes);
  return moved(step) && parsed();
}

// True: more has to come.
bool Inquiry::parsed() {
  while (true) {
    const HeadScan scan = scan_head(input_);
    if (scan.state == HeadScan::State::malformed || (scan.state == HeadScan::State::incomplete && input_.size() > kHeaderBytesMax))
      return end(Error(ErrorKind::corrupt, "malformed answer"));
    if (scan.state == HeadScan::State::incomplete) return true;
    Result<ResponseHead> head = parse_response_head(std::string_view(input_).substr(0, scan.end));
    if (!head) return end(head.error());
    if (head->response.status >= 200) return received_body(std::move(*head), scan.end);
    if (++interim_ > kInterimMax) return end(Error(ErrorKind::corrupt, "malformed answer: too many interim answers"));
    input_.erase(0, scan.end);
  }
}

bool Inquiry::received_body(ResponseHead head, size_t begin) {
  const uint64_t length = has_body(head.response.status) ? head.content_length.value_or(UINT64_MAX) : 0;
  if (length > kBodyMaxDefault) return end(Error(ErrorKind::corrupt, "malformed answer: no content-length, or a large one"));
  if (input_.size() - begin < length) return true;
  head.response.body.assign(input_.begin() + static_cast<ptrdiff_t>(begin), input_.begin() + static_cast<ptrdiff_t>(begin + length));
  return end(std::move(head.response));
}

}  // namespace sparekeep
