#include "lib/net/head.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>

#include "lib/base/text.h"
#include "lib/net/target.h"

namespace sparekeep {
namespace {

namespace http = boost::beast::http;

HttpResponse refusal(int status, const std::string& text) {
  HttpResponse response = HttpResponse::of_error(Error(ErrorKind::usage, text));
  response.status = status;
  return response;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Beast reads the lines; its message of the first fault, or nothing.
template <bool is_request>
std::optional<std::string> read_head(http::parser<is_request, http::empty_body>& parser, std::string_view head) {
  boost::system::error_code error;
  parser.header_limit(kHeaderBytesMax + 1);
  parser.body_limit(boost::none);
  parser.eager(false);
  const size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return error.message();
  if (!parser.is_header_done() || used != head.size()) return "not one whole head";
  return std::nullopt;
}

template <typename Fields>
bool copy_headers(const Fields& fields, Headers& headers) {
  size_t count = 0;
  for (const auto& field : fields) {
    if (++count > kHeadersMax) return false;
    headers.add(view(field.name_string()), view(field.value()));
  }
  return true;
}

std::optional<uint64_t> length_of(std::string_view text) {
  uint64_t length = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

// What is wrong with the framing, or nothing. `length` stays empty without a content-length.
std::optional<HttpResponse> framing(const Headers& headers, std::optional<uint64_t>& length) {
  if (headers.count("content-length") > 1) return refusal(400, "content-length stands twice");
  const std::string* text = headers.find("content-length");
  if (headers.find("transfer-encoding")) {
    if (text) return refusal(400, "transfer-encoding and content-length exclude each other");
    return refusal(411, "bodies come with content-length here, not with transfer-encoding");
  }
  if (!text) return std::nullopt;
  length = length_of(*text);
  if (!length) return refusal(400, "content-length " + in_quotes(*text) + " is not a number");
  return std::nullopt;
}

std::optional<int> major_of(std::string_view version) {
  const std::string_view text = version.substr(0, version.find('.'));
  int major = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return major;
}

// An upgrade reaches one program after the other, so that those one version apart have to understand each other.
std::optional<Error> protocol_fault(const Headers& headers) {
  const std::string* version = headers.find(kProtocolHeader);
  if (!version) return std::nullopt;
  const std::optional<int> major = major_of(*version);
  if (major && *major >= kProtocolMajor - 1 && *major <= kProtocolMajor + 1) return std::nullopt;
  return Error(ErrorKind::unsupported, "protocol version " + in_quotes(*version) + " is more than one apart from " + std::to_string(kProtocolMajor) +
                                           ", which is spoken here; upgrade the older of the two by sparekeep install");
}

std::optional<HttpResponse> protocol_refusal(const Headers& headers) {
  const std::optional<Error> fault = protocol_fault(headers);
  if (!fault) return std::nullopt;
  HttpResponse response = HttpResponse::of_error(*fault);
  response.status = 426;
  return response;
}

std::optional<HttpResponse> headers_refusal(const Headers& headers, RequestHead& head) {
  std::optional<uint64_t> length;
  if (std::optional<HttpResponse> refused = framing(headers, length)) return refused;
  head.content_length = length.value_or(0);
  if (headers.count("host") != 1) return refusal(400, "expected one host header");
  const std::string* expectation = headers.find("expect");
  if (expectation && *expectation != "100-continue") return refusal(400, "expectation " + in_quotes(*expectation) + " is not known");
  head.expects_continue = expectation != nullptr;
  return protocol_refusal(headers);
}

bool is_own_header(std::string_view name) {
  return name == "host" || name == "content-length" || name == "connection" || name == "transfer-encoding" || name == kProtocolHeader;
}

void append_headers(std::string& out, const Headers& headers) {
  for (const auto& [name, value] : headers.entries()) {
    if (!is_own_header(name)) out += name + ": " + value + "\r\n";
  }
  out += std::string(kProtocolHeader) + ": " + std::to_string(kProtocolMajor) + "\r\n";
}

}  // namespace

HeadScan scan_head(std::string_view buffer) {
  HeadScan malformed{HeadScan::State::malformed};
  size_t line = 0;
  for (size_t i = 0; i < buffer.size(); ++i) {
    const char c = buffer[i];
    if (c == '\0') return malformed;
    if (i > 0 && buffer[i - 1] == '\r' && c != '\n') return malformed;
    if (c != '\n') {
      if (i == line && i > 0 && (c == ' ' || c == '\t')) return malformed;
      continue;
    }
    if (i == line || buffer[i - 1] != '\r') return malformed;
    if (i == line + 1) return i > 1 ? HeadScan{HeadScan::State::complete, i + 1} : malformed;
    line = i + 1;
  }
  return {};
}

std::variant<RequestHead, HttpResponse> parse_request_head(std::string_view text) {
  http::request_parser<http::empty_body> parser;
  if (std::optional<std::string> fault = read_head<true>(parser, text)) return refusal(400, "malformed request: " + *fault);
  const auto& message = parser.get();
  if (message.version() != 11) return refusal(505, "expected HTTP/1.1");
  RequestHead head;
  if (!copy_headers(message, head.request.headers)) return refusal(431, "more than " + std::to_string(kHeadersMax) + " headers");
  if (std::optional<HttpResponse> refused = headers_refusal(head.request.headers, head)) return std::move(*refused);
  Result<Target> target = parse_target(view(message.target()));
  if (!target) return HttpResponse::of_error(target.error());
  head.request.method = std::string(view(message.method_string()));
  head.request.path = std::move(target->path);
  head.request.query = std::move(target->query);
  head.keep_alive = parser.keep_alive();
  return head;
}

Result<ResponseHead> parse_response_head(std::string_view text) {
  http::response_parser<http::empty_body> parser;
  if (std::optional<std::string> fault = read_head<false>(parser, text)) return Error(ErrorKind::corrupt, "malformed answer: " + *fault);
  ResponseHead head;
  const bool few = copy_headers(parser.get(), head.response.headers);
  if (!few) return Error(ErrorKind::corrupt, "malformed answer: more than " + std::to_string(kHeadersMax) + " headers");
  head.response.status = static_cast<int>(parser.get().result_int());
  if (std::optional<HttpResponse> fault = framing(head.response.headers, head.content_length)) {
    return Error(ErrorKind::corrupt, "malformed answer: " + std::string(as_text(fault->body)));
  }
  if (std::optional<Error> fault = protocol_fault(head.response.headers)) return std::move(*fault);
  head.keep_alive = parser.get().version() == 11 && head.response.headers.value_or("connection", "") != "close";
  return head;
}

std::string print_request_head(const HttpRequest& request, std::string_view host, uint64_t content_length) {
  std::string out = request.method + " " + print_target(request.path, request.query) + " HTTP/1.1\r\nhost: " + std::string(host) +
                    "\r\ncontent-length: " + std::to_string(content_length) + "\r\n";
  append_headers(out, request.headers);
  return out + "\r\n";
}

bool has_body(int status) { return status != 204 && status != 304; }

std::string print_response_head(const HttpResponse& response, uint64_t content_length, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason_of(response.status)) + "\r\n";
  if (has_body(response.status)) out += "content-length: " + std::to_string(content_length) + "\r\n";
  if (!keep_alive) out += "connection: close\r\n";
  append_headers(out, response.headers);
  return out + "\r\n";
}

}  // namespace sparekeep
