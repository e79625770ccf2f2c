// lib/net/head.h: heads of requests and answers. One that is taken ends where it says, in whatever pieces it comes, and reads the same when it is printed again.
#include "lib/net/head.h"

using namespace sparekeep;

namespace {

void check_request(std::string_view head) {
  const std::variant<RequestHead, HttpResponse> read = parse_request_head(head);
  if (const auto* refusal = std::get_if<HttpResponse>(&read)) return SK_CHECK(refusal->status >= 400 && refusal->status < 600);
  const RequestHead& first = std::get<RequestHead>(read);
  const std::variant<RequestHead, HttpResponse> again = parse_request_head(print_request_head(first.request, "h", first.content_length));
  const auto* second = std::get_if<RequestHead>(&again);
  SK_CHECK(second && second->request.method == first.request.method && second->request.path == first.request.path);
  SK_CHECK(second->request.query == first.request.query && second->content_length == first.content_length);
}

void check_answer(std::string_view head) {
  const Result<ResponseHead> read = parse_response_head(head);
  SK_CHECK(read || read.error().kind() == ErrorKind::corrupt || read.error().kind() == ErrorKind::unsupported);   // of another protocol
  if (read) SK_CHECK(read->response.status >= 100 && read->response.status < 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const HeadScan scan = scan_head(bytes);
  if (scan.state != HeadScan::State::complete) return 0;
  SK_CHECK(scan.end > 0 && scan.end <= size);
  SK_CHECK(scan_head(bytes.substr(0, scan.end)).end == scan.end);
  SK_CHECK(scan_head(bytes.substr(0, scan.end - 1)).state == HeadScan::State::incomplete);
  check_request(bytes.substr(0, scan.end));
  check_answer(bytes.substr(0, scan.end));
  return 0;
}
