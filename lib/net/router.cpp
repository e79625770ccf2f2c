#include "lib/net/router.h"

#include <algorithm>
#include <exception>

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep {
namespace {

bool is_rest(std::string_view segment) { return segment.starts_with('{') && segment.ends_with("...}"); }
bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

std::vector<std::string> segments_of(std::string_view path) {
  SK_CHECK(path.starts_with('/'));
  return split_text(path.substr(1), '/');
}

// Do the segments fit the pattern? Fills `parameters` only then.
bool fits(const Route& route, const std::vector<std::string>& segments, std::map<std::string, std::string>& parameters) {
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const std::string& wanted = route.segments[i];
    if (i >= segments.size()) return false;
    if (is_rest(wanted)) {
      found[wanted.substr(1, wanted.size() - 5)] = joined({segments.begin() + static_cast<ptrdiff_t>(i), segments.end()}, "/");
      parameters = std::move(found);
      return true;
    }
    if (is_parameter(wanted)) {
      if (segments[i].empty()) return false;
      found[wanted.substr(1, wanted.size() - 2)] = segments[i];
    } else if (wanted != segments[i]) {
      return false;
    }
  }
  if (segments.size() != route.segments.size()) return false;
  parameters = std::move(found);
  return true;
}

std::string names_of(const std::set<Role>& roles) {
  std::vector<std::string> names;
  for (Role role : roles) names.emplace_back(name_of(role));
  return joined(names, ", ");
}

bool shares_one(const std::set<Role>& wanted, const std::set<Role>& held) {
  return std::any_of(wanted.begin(), wanted.end(), [&](Role role) { return held.contains(role); });
}

HttpResponse role_refusal(const Route& route, const std::set<Role>& held) {
  const std::string wanted = held.empty() ? " wants a certificate of one of the roles: " : " wants one of the roles: ";
  const std::string holds = held.empty() ? std::string() : "; this certificate holds: " + names_of(held);
  HttpResponse response =
      HttpResponse::of_error(Error(ErrorKind::denied, route.method + " " + route.pattern + wanted + names_of(route.roles) + holds));
  if (held.empty()) response.status = 401;
  return response;
}

bool answers(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

}  // namespace

void Router::add(std::string method, std::string pattern, std::set<Role> roles, Handler handler, RouteOptions options) {
  add_taking(std::move(method), std::move(pattern), std::move(roles),
             [handler = std::move(handler)](HttpRequest& request) { return handler(request); }, options);
}

void Router::add_taking(std::string method, std::string pattern, std::set<Role> roles, BodyHandler handler, RouteOptions options) {
  for (const Route& route : routes_) SK_CHECK(route.method != method || route.pattern != pattern);
  std::vector<std::string> segments = segments_of(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(roles), options, std::move(handler), std::move(segments)});
}

std::variant<const Route*, HttpResponse> Router::match(HttpRequest& request) const {
  const std::vector<std::string> segments = segments_of(request.path);
  for (const Route& route : routes_) {
    if (!answers(route, request.method) || !fits(route, segments, request.parameters)) continue;
    if (route.roles.empty()) return &route;
    if (request.roles.empty() && grant_) request.roles = grant_(request);
    if (!shares_one(route.roles, request.roles)) return role_refusal(route, request.roles);
    return &route;
  }
  return refusal(request.path);
}

HttpResponse Router::refusal(const std::string& path) const {
  const std::vector<std::string> segments = segments_of(path);
  std::set<std::string> methods;
  for (const Route& route : routes_) {
    std::map<std::string, std::string> ignored;
    if (!fits(route, segments, ignored)) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  if (methods.empty()) return HttpResponse::of_error(Error(ErrorKind::not_found, in_quotes(path) + " is no path of this server"));
  const std::string allowed = joined({methods.begin(), methods.end()}, ", ");
  HttpResponse response = HttpResponse::of_error(Error(ErrorKind::usage, in_quotes(path) + " takes " + allowed));
  response.status = 405;
  response.headers.set("allow", allowed);
  return response;
}

HttpResponse Router::run(const Route& route, HttpRequest& request) {
  try {
    return route.handler(request);
  } catch (const Error& error) {
    return HttpResponse::of_error(error);
  } catch (const std::exception& fault) {  // a bug or no memory: the caller learns nothing, the log does
    log_error(route.method + " " + route.pattern + ": " + fault.what());
    return HttpResponse::of_error(Error(ErrorKind::failed, "the server failed; its log says why"));
  }
}

HttpResponse Router::answer(HttpRequest& request) const {
  std::variant<const Route*, HttpResponse> found = match(request);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  return run(*std::get<const Route*>(found), request);
}

}  // namespace sparekeep
