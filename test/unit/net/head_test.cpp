#include "test/support/catch.h"

#include "lib/net/head.h"
#include "lib/net/target.h"

using namespace sparekeep;

namespace {

std::string refused(const std::string& head) {
  if (scan_head(head).state == HeadScan::State::malformed) return "malformed";
  if (scan_head(head).state == HeadScan::State::incomplete) return "incomplete";
  std::variant<RequestHead, HttpResponse> parsed = parse_request_head(head);
  const auto* response = std::get_if<HttpResponse>(&parsed);
  return response ? std::to_string(response->status) + " " + std::string(as_text(response->body)) : "taken";
}

const std::string kHost = "Host: x\r\n";

}  // namespace

TEST_CASE("a request head is read") {
  const std::string text = "PUT /v1/a%20b?from=%2Fetc&x HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nConnection: close\r\n\r\n";
  CHECK(scan_head(text + "body").end == text.size());
  std::variant<RequestHead, HttpResponse> parsed = parse_request_head(text);
  const RequestHead& head = std::get<RequestHead>(parsed);
  CHECK(head.request.method == "PUT");
  CHECK(head.request.path == "/v1/a b");
  CHECK(head.request.query == Query{{"from", "/etc"}, {"x", ""}});
  CHECK(head.content_length == 12);
  CHECK(!head.keep_alive);
}

TEST_CASE("a head that two readers could read in two ways is refused") {
  const std::string line = "GET / HTTP/1.1\r\n";
  CHECK(refused(line + kHost + "\r\n") == "taken");
  CHECK(refused("GET / HTTP/1.1\n" + kHost + "\r\n") == "malformed");
  CHECK(refused(line + "Host: x\n\r\n") == "malformed");
  CHECK(refused(line + "Host: x\rY: z\r\n\r\n") == "malformed");
  CHECK(refused(line + kHost + " folded\r\n\r\n") == "malformed");
  CHECK(refused(line + kHost + std::string("A: \0b\r\n\r\n", 9)) == "malformed");
  CHECK(refused("\r\n" + line + kHost + "\r\n") == "malformed");
  CHECK(refused(line + kHost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Content-Length: +5\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Content-Length: 5,5\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Content-Length: 99999999999999999999999\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Bad Name: x\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Name : x\r\n\r\n").starts_with("400 "));
  CHECK(refused(line + kHost + "Transfer-Encoding: chunked\r\n\r\n") ==
        "411 bodies come with content-length here, not with transfer-encoding");
  CHECK(refused(line + kHost + "Transfer-Encoding: gzip\r\n\r\n").starts_with("411 "));
  CHECK(refused(line + "\r\n") == "400 expected one host header");
  CHECK(refused(line + kHost + kHost + "\r\n") == "400 expected one host header");
  CHECK(refused(line + kHost + "Expect: more\r\n\r\n") == "400 expectation 'more' is not known");
  CHECK(refused("GET / HTTP/1.0\r\n" + kHost + "\r\n") == "505 expected HTTP/1.1");
  std::string many;
  for (size_t i = 0; i < kHeadersMax; ++i) many += "a: b\r\n";
  CHECK(refused(line + kHost + many + "\r\n") == "431 more than 64 headers");
}

TEST_CASE("a protocol more than one version apart is refused with a way out, either way") {
  const auto with = [](const std::string& version) {
    return refused("GET / HTTP/1.1\r\n" + kHost + "Sparekeep-Protocol: " + version + "\r\n\r\n");
  };
  CHECK(with("1") == "taken");
  CHECK(with("1.7") == "taken");
  for (const char* version : {"0", "2", "2.1"}) CHECK(with(version) == "taken");
  const std::string fault = "protocol version '3' is more than one apart from 1, which is spoken here; upgrade the older of the two by sparekeep install";
  CHECK(with("3") == "426 " + fault);
  for (const char* version : {"", "x", "-1", "1x", "99999999999999999999"}) CHECK(with(version).starts_with("426 "));

  const auto answer = [](const std::string& version) { return parse_response_head("HTTP/1.1 204 No Content\r\nsparekeep-protocol: " + version + "\r\n\r\n"); };
  for (const char* version : {"0", "1", "2"}) CHECK(answer(version).has_value());
  CHECK(answer("3").error().text() == fault);
  CHECK(answer("3").error().kind() == ErrorKind::unsupported);
}

TEST_CASE("a head is incomplete at every shorter length") {
  const std::string head = print_request_head(HttpRequest{}, "x", 0);
  for (size_t length = 0; length < head.size(); ++length) CHECK(scan_head(head.substr(0, length)).state == HeadScan::State::incomplete);
  CHECK(scan_head(head).state == HeadScan::State::complete);
}

TEST_CASE("targets that could mean another path are refused") {
  for (const char* text : {"", "x", "//", "/a//b", "/..", "/a/../b", "/a/.", "/%2e%2E/x", "/a%2fb", "/a%2Fb", "/a%00", "/a%0ab",
                           "/a%", "/a%4", "/a%zz", "/a b", "/a#b", "http://x/", "*", "/a?x=1&x=2", "/a?=1", "/a?x=%00", "/a?&"}) {
    INFO(text);
    CHECK(!parse_target(text));
  }
}

TEST_CASE("a target is the same after printing and reading") {
  const Query query{{"path", "/srv/a b+c&d=e\n\xff"}, {"z", ""}};
  const std::string text = print_target("/v1/x/\xc3\xa4:y", query);
  CHECK(text == "/v1/x/%C3%A4:y?path=/srv/a%20b%2Bc%26d%3De%0A%FF&z=");
  const Target target = parse_target(text).value();
  CHECK(target.path == "/v1/x/\xc3\xa4:y");
  CHECK(target.query == query);
}

TEST_CASE("an answer's head is read as strictly") {
  const auto fault = [](const std::string& headers) {
    return parse_response_head("HTTP/1.1 200 OK\r\n" + headers + "\r\n").error().text();
  };
  CHECK(parse_response_head("HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\n")->response.status == 404);
  CHECK(fault("transfer-encoding: chunked\r\n") == "malformed answer: bodies come with content-length here, not with transfer-encoding");
  CHECK(fault("content-length: x\r\n").starts_with("malformed answer: "));
  CHECK(!parse_response_head("SSH-2.0-OpenSSH\r\n\r\n"));
}
