// The table of an API: method x path -> who may call it, and the handler. Made once, before the server starts, and constant
// from then on. Answers by itself: 404, 405 with Allow, 401 without any role, 403 naming the roles that would do, and an
// Error that a handler throws as its status (docs/protocol.md, "Errors").
#pragma once

#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "lib/net/message.h"

namespace sparekeep {

using Handler = std::function<HttpResponse(const HttpRequest&)>;    // runs on a worker thread; may block; may throw Error

// Handlers of routes that take big bodies may move the body out of the request.
using BodyHandler = std::function<HttpResponse(HttpRequest&)>;

struct RouteOptions {
  size_t body_max = kBodyMaxDefault;      // 413 above it, before a byte of the body is read
};

struct Route {
  std::string method;
  std::string pattern;                    // "/v1/vaults/{vault}/shards/{pack}": {name} takes one segment, {name...} the rest
  std::set<Role> roles;                   // one of them is enough; empty: open to everybody who gets through TLS
  RouteOptions options;
  BodyHandler handler;
  std::vector<std::string> segments;      // of the pattern
};

class Router {
 public:
  using Grant = std::function<std::set<Role>(const HttpRequest&)>;

  // A method and pattern that is there already is our own bug. GET routes answer HEAD, too.
  void add(std::string method, std::string pattern, std::set<Role> roles, Handler handler, RouteOptions options = {});
  void add_taking(std::string method, std::string pattern, std::set<Role> roles, BodyHandler handler, RouteOptions options = {});

  // Roles for a request that has none from a certificate or a local socket (a token). Called before the body is read.
  void grant(Grant grant) { grant_ = std::move(grant); }

  const std::vector<Route>& routes() const { return routes_; }    // in the order they were added

  // Finds the route, fills in parameters and roles; or the refusal.
  std::variant<const Route*, HttpResponse> match(HttpRequest& request) const;

  // match, then the handler with its errors turned into a response: the whole way without a network. Never throws.
  HttpResponse answer(HttpRequest& request) const;
  static HttpResponse run(const Route& route, HttpRequest& request);

 private:
  HttpResponse refusal(const std::string& path) const;
  std::vector<Route> routes_;
  Grant grant_;
};

}  // namespace sparekeep
