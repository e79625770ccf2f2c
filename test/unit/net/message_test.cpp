#include "test/support/catch.h"

#include "lib/net/message.h"

using namespace sparekeep;

TEST_CASE("headers are found without case, and their values hold no control bytes") {
  Headers headers;
  headers.set("ETag", "one");
  headers.set("etag", "two\r\nx: y");
  CHECK(*headers.find("ETAG") == "two  x: y");
  CHECK(headers.count("etag") == 1);
  headers.add("Etag", "three");
  CHECK(headers.count("etag") == 2);
  CHECK(headers.find("other") == nullptr);
  CHECK(headers.value_or("other", "none") == "none");
}

TEST_CASE("every kind of error survives the wire") {
  for (int i = 0; i <= static_cast<int>(ErrorKind::terminated); ++i) {
    const Error error(static_cast<ErrorKind>(i), "writing '/x': it failed");
    const HttpResponse response = HttpResponse::of_error(error);
    CHECK(response.status >= 400);
    CHECK(*response.headers.find("content-type") == "text/plain");
    const Error back = error_of(response);
    CHECK(back.kind() == error.kind());
    CHECK(back.text() == error.text());
  }
}

TEST_CASE("the text of a foreign error is made printable and cut between characters") {
  CHECK(error_of(HttpResponse::of_text(500, "a\x1b[2Jb\nc")).text() == "a\\x1b[2Jb\\x0ac");
  std::string text(kErrorTextMax - 1, 'a');
  CHECK(error_of(HttpResponse::of_error(Error(ErrorKind::failed, text + "\xc3\xa4"))).text() == text);
  CHECK(error_of(HttpResponse::of_text(500, std::string(5000, 'x'))).text().size() == kErrorTextMax);
}

TEST_CASE("without our header the status says the kind") {
  const std::pair<int, ErrorKind> rows[] = {
      {400, ErrorKind::usage},     {401, ErrorKind::denied},      {403, ErrorKind::denied}, {404, ErrorKind::not_found},
      {409, ErrorKind::exists},    {413, ErrorKind::usage},     {423, ErrorKind::locked},  {426, ErrorKind::unsupported},
      {500, ErrorKind::failed},    {503, ErrorKind::busy},    {507, ErrorKind::no_space}};
  for (const auto& [status, kind] : rows) CHECK(error_of(HttpResponse::of_status(status)).kind() == kind);
  CHECK(error_of(HttpResponse::of_status(404)).text() == "status 404 Not Found");
  HttpResponse unknown = HttpResponse::of_text(404, "x");
  unknown.headers.set(kErrorHeader, "no such kind");
  CHECK(error_of(unknown).kind() == ErrorKind::not_found);
}

TEST_CASE("parameters are typed, and a wrong one is a usage error") {
  HttpRequest request;
  request.parameters = {{"index", "12"}, {"pack", "00"}, {"word", "1x"}};
  request.query = {{"from", "7"}};
  CHECK(request.number_parameter("index", 12) == 12);
  CHECK(request.number_parameter("from", 100) == 7);
  CHECK_THROWS_WITH(request.number_parameter("index", 11), "index: '12' is not a number from 0 to 11");
  CHECK_THROWS_WITH(request.number_parameter("word", 11), "word: '1x' is not a number from 0 to 11");
  CHECK_THROWS_WITH(request.parameter("none"), "parameter 'none' is missing");
  CHECK_THROWS_WITH(request.id_parameter<PackId>("pack"), "pack: '00' is not an id of 64 hexadecimal digits");
}
