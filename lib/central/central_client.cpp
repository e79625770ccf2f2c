#include "lib/central/central_client.h"

#include <algorithm>

#include "lib/wire/json.h"
#include "lib/wire/paths.h"

namespace sparekeep {

namespace {

constexpr int kNotModified = 304, kNoContent = 204;
constexpr Duration kLongPollMargin = std::chrono::seconds(10);     // for the answer to arrive after the wait is over

ClientOptions options_of(Endpoint central, Tls tls, ClientDeadlines deadlines) {
  ClientOptions out;
  out.host = std::move(central.host);
  out.port = central.port;
  out.tls = std::move(tls);
  out.expected_role = Role::central;
  out.deadlines = deadlines;
  return out;
}

HttpRequest request_of(std::string method, std::string_view path) {
  HttpRequest out;
  out.method = std::move(method);
  out.path = std::string(path);
  return out;
}

HttpRequest json_request(std::string method, std::string_view path, const std::string& json) {
  HttpRequest out = request_of(std::move(method), path);
  out.headers.set("content-type", "application/json");
  out.body.assign(json.begin(), json.end());
  return out;
}

}  // namespace

CentralClient::CentralClient(Endpoint central, Tls tls, const Clock& clock, ClientDeadlines deadlines)
    : client_(options_of(std::move(central), std::move(tls), deadlines), clock) {}

Result<HttpResponse> CentralClient::send(const HttpRequest& request, const SendOptions& options) { return client_.send(request, options); }

Result<Hello> CentralClient::hello() {
  const Result<HttpResponse> answer = send(request_of("GET", kHelloPath), {});
  if (!answer) return answer.error();
  return during(name(), from_json<Hello>(as_text(answer->body)));
}

Result<ReportAnswer> CentralClient::report(const DaemonReport& report) {
  const Result<HttpResponse> answer = send(json_request("POST", kReportsPath, to_json(report)), {.idempotent = true});
  if (!answer) return answer.error();
  return during(name(), from_json<ReportAnswer>(as_text(answer->body)));
}

Result<std::optional<Bytes>> CentralClient::master_newer_than(uint64_t epoch, uint64_t number) {
  HttpRequest request = request_of("GET", kMasterPath);
  request.query["after"] = std::to_string(epoch) + "." + std::to_string(number);
  Result<HttpResponse> answer = send(request, {.response_max = kMasterBytesMax});
  if (!answer) return answer.error();
  if (answer->status == kNotModified) return std::optional<Bytes>();
  return std::optional<Bytes>(std::move(answer->body));
}

Result<std::optional<SignedOrder>> CentralClient::next_order(Duration wait) {
  const Duration bounded = std::clamp(wait, Duration(0), kOrderWaitMax);
  HttpRequest request = request_of("GET", kOrdersPath);
  request.query["wait"] = std::to_string(std::chrono::ceil<std::chrono::seconds>(bounded).count());
  // Sent again it could be a second poll beside the first, which takes an order that nobody reads.
  const Result<HttpResponse> answer =
      send(request, {.limit = bounded + 2 * kLongPollMargin, .first_byte = bounded + kLongPollMargin, .idempotent = false});
  if (!answer) return answer.error();
  if (answer->status == kNoContent) return std::optional<SignedOrder>();
  Result<SignedOrder> order = during(name(), from_json<SignedOrder>(as_text(answer->body)));
  if (!order) return order.error();
  return std::optional<SignedOrder>(std::move(*order));
}

Result<void> CentralClient::progress(const RunProgress& progress) {
  const Result<HttpResponse> answer = send(json_request("POST", progress_path(progress.run), to_json(progress)), {.idempotent = true});
  if (!answer) return answer.error();
  return {};
}

Result<void> CentralClient::result(const RunResult& result) {
  const Result<HttpResponse> answer = send(json_request("PUT", result_path(result.run), to_json(result)), {});
  if (!answer) return answer.error();
  return {};
}

Result<void> CentralClient::put_object(const std::string& path, ByteSpan object) {
  const Result<HttpResponse> answer = send(request_of("PUT", path), {.body = {object}});
  if (!answer) return answer.error();
  return {};
}

Result<Bytes> CentralClient::get_object(const std::string& path) {
  Result<HttpResponse> answer = send(request_of("GET", path), {.response_max = kVaultObjectMax});
  if (!answer) return answer.error();
  return std::move(answer->body);
}

Result<std::string> CentralClient::renew(const std::string& request_pem) {
  HttpRequest request = request_of("POST", kRenewPath);
  request.headers.set("content-type", "application/x-pem-file");
  request.body.assign(request_pem.begin(), request_pem.end());
  const Result<HttpResponse> answer = send(request, {.idempotent = true});
  if (!answer) return answer.error();
  return std::string(as_text(answer->body));
}

void CentralClient::close() { client_.close(); }

std::string CentralClient::name() const { return client_.name(); }

}  // namespace sparekeep
