#include "lib/net/message.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"

namespace sparekeep {
namespace {

struct KindRow {
  ErrorKind kind;
  std::string_view name;
  int status;
};

KindRow row_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed: return {kind, "failed", 500};
    case ErrorKind::usage: return {kind, "usage", 400};
    case ErrorKind::no_state: return {kind, "no_state", 500};
    case ErrorKind::busy: return {kind, "busy", 503};
    case ErrorKind::denied: return {kind, "denied", 403};
    case ErrorKind::host_failed: return {kind, "host_failed", 500};
    case ErrorKind::unreachable: return {kind, "unreachable", 502};
    case ErrorKind::degraded: return {kind, "degraded", 500};
    case ErrorKind::lost: return {kind, "lost", 500};
    case ErrorKind::partial: return {kind, "partial", 500};
    case ErrorKind::pending: return {kind, "pending", 500};
    case ErrorKind::not_found: return {kind, "not_found", 404};
    case ErrorKind::exists: return {kind, "exists", 409};
    case ErrorKind::corrupt: return {kind, "corrupt", 400};
    case ErrorKind::unsupported: return {kind, "unsupported", 501};
    case ErrorKind::no_space: return {kind, "no_space", 507};
    case ErrorKind::timeout: return {kind, "timeout", 504};
    case ErrorKind::closed: return {kind, "closed", 500};
    case ErrorKind::locked: return {kind, "locked", 423};
    case ErrorKind::interrupted: return {kind, "interrupted", 500};
    case ErrorKind::terminated: return {kind, "terminated", 500};
  }
  SK_CHECK(false);
}

constexpr int kKindLast = static_cast<int>(ErrorKind::terminated);

ErrorKind kind_of_status(int status) {
  if (status == 401) return ErrorKind::denied;
  if (status == 426) return ErrorKind::unsupported;
  if (status == 400 || status == 411 || status == 413 || status == 431) return ErrorKind::usage;
  for (ErrorKind kind : {ErrorKind::denied, ErrorKind::not_found, ErrorKind::exists, ErrorKind::no_space, ErrorKind::locked,
                         ErrorKind::busy, ErrorKind::timeout, ErrorKind::unreachable, ErrorKind::unsupported}) {
    if (status_of(kind) == status) return kind;
  }
  return ErrorKind::failed;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool same_name(std::string_view name, std::string_view other) {
  return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char a, char b) { return lower(a) == lower(b); });
}

std::string without_controls(std::string_view value) {
  std::string result(value);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return result;
}

// Cut where it crosses the wire, never inside a UTF-8 sequence.
std::string_view cut_text(std::string_view text) {
  if (text.size() <= kErrorTextMax) return text;
  size_t end = kErrorTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(entries_, [&](const Entry& entry) { return same_name(entry.first, name); });
  add(name, value);
}

void Headers::add(std::string_view name, std::string_view value) { entries_.emplace_back(lower_case(name), without_controls(value)); }

const std::string* Headers::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (same_name(entry.first, name)) return &entry.second;
  }
  return nullptr;
}

std::string_view Headers::value_or(std::string_view name, std::string_view otherwise) const {
  const std::string* value = find(name);
  return value ? std::string_view(*value) : otherwise;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return same_name(entry.first, name); }));
}

const std::string& HttpRequest::parameter(const std::string& name) const {
  auto found = parameters.find(name);
  if (found != parameters.end()) return found->second;
  const std::string* value = query_value(name);
  if (!value) throw Error(ErrorKind::usage, "parameter " + in_quotes(name) + " is missing");
  return *value;
}

const std::string* HttpRequest::query_value(const std::string& name) const {
  auto found = query.find(name);
  return found == query.end() ? nullptr : &found->second;
}

uint64_t HttpRequest::number_parameter(const std::string& name, uint64_t max) const {
  const std::string& text = parameter(name);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value <= max) return value;
  throw Error(ErrorKind::usage, name + ": " + in_quotes(text) + " is not a number from 0 to " + std::to_string(max));
}

HttpResponse HttpResponse::of_status(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

HttpResponse HttpResponse::of_text(int status, std::string_view text, std::string_view type) {
  HttpResponse response = of_status(status);
  response.headers.set("content-type", type);
  response.body.assign(text.begin(), text.end());
  return response;
}

HttpResponse HttpResponse::of_bytes(Bytes body, std::string_view type) {
  HttpResponse response;
  response.headers.set("content-type", type);
  response.body = std::move(body);
  return response;
}

HttpResponse HttpResponse::of_file(FileBody file) {
  HttpResponse response;
  response.headers.set("content-type", "application/octet-stream");
  response.file = std::move(file);
  return response;
}

HttpResponse HttpResponse::of_error(const Error& error) {
  HttpResponse response = of_text(status_of(error.kind()), cut_text(printable(error.text())));
  response.headers.set(kErrorHeader, wire_name_of(error.kind()));
  return response;
}

std::string_view reason_of(int status) {
  switch (status) {  // what we send, and a word for the rest
    case 100: return "Continue";
    case 102: return "Processing";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 416: return "Range Not Satisfiable";
    case 423: return "Locked";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Other";  // foreign value
  }
}

std::optional<ErrorKind> kind_of_wire_name(std::string_view name) {
  for (int i = 0; i <= kKindLast; ++i) {
    if (row_of(static_cast<ErrorKind>(i)).name == name) return static_cast<ErrorKind>(i);
  }
  return std::nullopt;
}

std::string_view wire_name_of(ErrorKind kind) { return row_of(kind).name; }
int status_of(ErrorKind kind) { return row_of(kind).status; }

Error error_of(const HttpResponse& response) {
  const std::string* name = response.headers.find(kErrorHeader);
  std::optional<ErrorKind> kind = name ? kind_of_wire_name(*name) : std::nullopt;
  std::string text = printable(cut_text(as_text(response.body)));
  if (text.empty()) text = "status " + std::to_string(response.status) + " " + std::string(reason_of(response.status));
  return Error(kind.value_or(kind_of_status(response.status)), std::move(text));
}

}  // namespace sparekeep
