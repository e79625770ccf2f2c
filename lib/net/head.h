// The head of an HTTP/1.1 message: request line or status line, and headers. We read a strict subset, so that no two
// readers can disagree on where a message ends: CRLF only, no folded lines, one content-length of digits, no
// transfer-encoding at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/net/message.h"

namespace sparekeep {

// On a 503 with retry-after: the request was carried out, and only its answer had no room.
constexpr std::string_view kHandledHeader = "sparekeep-handled";

constexpr int kInterimMax = 16;            // 1xx answers before the real one

struct HeadScan {
  enum class State { incomplete, complete, malformed };
  State state = State::incomplete;
  size_t end = 0;                          // complete: of the head, its empty line included
};
HeadScan scan_head(std::string_view buffer);

struct RequestHead {
  HttpRequest request;
  uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};
std::variant<RequestHead, HttpResponse> parse_request_head(std::string_view head);   // or the refusal

struct ResponseHead {
  HttpResponse response;
  std::optional<uint64_t> content_length{};
  bool keep_alive = true;
};
Result<ResponseHead> parse_response_head(std::string_view head);                     // corrupt

std::string print_request_head(const HttpRequest& request, std::string_view host, uint64_t content_length);

// has_length: false for statuses that have no body (204, 304).
std::string print_response_head(const HttpResponse& response, uint64_t content_length, bool keep_alive);
bool has_body(int status);

}  // namespace sparekeep
