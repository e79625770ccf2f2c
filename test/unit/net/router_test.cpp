#include "test/support/catch.h"

#include "lib/net/router.h"

using namespace sparekeep;

namespace {

HttpResponse told(const std::string& text) { return HttpResponse::of_text(200, text); }

Router example() {
  Router router;
  router.add("PUT", "/v1/vaults/{vault}/shards/{pack}/{layout}/{index}", {Role::agent},
             [](const HttpRequest& request) { return told("put " + request.parameter("vault") + " " + request.parameter("index")); });
  router.add("GET", "/v1/vaults/{vault}/shards/{pack}/{layout}/{index}", {Role::agent, Role::daemon},
             [](const HttpRequest& request) { return told("get " + request.parameter("pack")); });
  router.add("GET", "/v1/open", {}, [](const HttpRequest&) { return told("open"); });
  router.add("GET", "/v1/files/{path...}", {}, [](const HttpRequest& request) { return told(request.parameter("path")); });
  router.add("GET", "/v1/broken", {}, [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("private"); });
  router.add("GET", "/v1/absent", {}, [](const HttpRequest&) -> HttpResponse { throw Error(ErrorKind::not_found, "no such thing"); });
  return router;
}

HttpResponse ask(const Router& router, const std::string& method, const std::string& path, std::set<Role> roles = {}) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.roles = std::move(roles);
  return router.answer(request);
}

std::string said(const HttpResponse& response) { return std::to_string(response.status) + " " + std::string(as_text(response.body)); }

}  // namespace

TEST_CASE("a route is found by method and segments") {
  const Router router = example();
  CHECK(said(ask(router, "PUT", "/v1/vaults/a/shards/b/c/5", {Role::agent})) == "200 put a 5");
  CHECK(said(ask(router, "GET", "/v1/vaults/a/shards/b/c/5", {Role::daemon})) == "200 get b");
  CHECK(said(ask(router, "HEAD", "/v1/open")) == "200 open");
  CHECK(said(ask(router, "GET", "/v1/files/a/b/c")) == "200 a/b/c");
}

TEST_CASE("the router refuses by itself and says what it wanted") {
  const Router router = example();
  CHECK(said(ask(router, "GET", "/v1/none")) == "404 '/v1/none' is no path of this server");
  CHECK(said(ask(router, "GET", "/v1/open/")) == "404 '/v1/open/' is no path of this server");
  CHECK(said(ask(router, "GET", "/v1/vaults//shards/b/c/5")) == "404 '/v1/vaults//shards/b/c/5' is no path of this server");
  const HttpResponse wrong_method = ask(router, "DELETE", "/v1/vaults/a/shards/b/c/5", {Role::agent});
  CHECK(said(wrong_method) == "405 '/v1/vaults/a/shards/b/c/5' takes GET, HEAD, PUT");
  CHECK(*wrong_method.headers.find("allow") == "GET, HEAD, PUT");
  CHECK(said(ask(router, "PUT", "/v1/vaults/a/shards/b/c/5", {Role::daemon, Role::central})) ==
        "403 PUT /v1/vaults/{vault}/shards/{pack}/{layout}/{index} wants one of the roles: agent; this certificate holds: central, daemon");
  CHECK(said(ask(router, "PUT", "/v1/vaults/a/shards/b/c/5")) ==
        "401 PUT /v1/vaults/{vault}/shards/{pack}/{layout}/{index} wants a certificate of one of the roles: agent");
}

TEST_CASE("an Error becomes its status, any other exception says nothing of the inside") {
  const Router router = example();
  CHECK(said(ask(router, "GET", "/v1/absent")) == "404 no such thing");
  CHECK(said(ask(router, "GET", "/v1/broken")) == "500 the server failed; its log says why");
}

TEST_CASE("a grant gives roles to a request without any, never more to one that has some") {
  Router router = example();
  int asked = 0;
  router.grant([&](const HttpRequest&) {
    ++asked;
    return std::set<Role>{Role::agent};
  });
  CHECK(ask(router, "PUT", "/v1/vaults/a/shards/b/c/5").status == 200);
  CHECK(ask(router, "PUT", "/v1/vaults/a/shards/b/c/5", {Role::daemon}).status == 403);
  CHECK(ask(router, "GET", "/v1/open").status == 200);
  CHECK(asked == 1);
}

TEST_CASE("every cell of role x route is what the table says") {
  const Router router = example();
  for (const Route& route : router.routes()) {
    std::string path;
    for (const std::string& segment : route.segments) path += "/" + (segment.starts_with('{') ? std::string("x") : segment);
    for (Role role : {Role::central, Role::daemon, Role::agent, Role::admin}) {
      const int status = ask(router, route.method, path, {role}).status;
      INFO(route.method << " " << path << " as " << name_of(role));
      CHECK((status == 403) == (!route.roles.empty() && !route.roles.contains(role)));
    }
  }
}
