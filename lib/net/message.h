// One HTTP/1.1 request and one response, as handlers and callers see them. Bodies are whole in memory, but for a response
// that is sent from an open file. Names of headers are compared without case and kept in lower case.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/descriptor.h"
#include "lib/crypt/certificate.h"

namespace sparekeep {

constexpr size_t kHeaderBytesMax = 16 << 10;        // request line and headers together
constexpr size_t kHeadersMax = 64;
constexpr size_t kBodyMaxDefault = 1 << 20;         // of a request whose route says nothing else, and of a response likewise
constexpr size_t kShardBodyMax = 40 << 20;          // routes that take shards
constexpr size_t kErrorTextMax = 1024;              // bytes of an error's text that cross the wire
constexpr std::string_view kErrorHeader = "sparekeep-error";
constexpr std::string_view kProtocolHeader = "sparekeep-protocol";
constexpr int kProtocolMajor = 1;

class Headers {
 public:
  using Entry = std::pair<std::string, std::string>;

  void set(std::string_view name, std::string_view value);      // replaces; control bytes of the value become spaces
  void add(std::string_view name, std::string_view value);      // keeps what is there under the same name
  const std::string* find(std::string_view name) const;         // the first one, or nullptr
  std::string_view value_or(std::string_view name, std::string_view otherwise) const;
  size_t count(std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

struct LocalPeer {                                   // SO_PEERCRED of a Unix socket
  uint32_t uid = 0;
  uint32_t gid = 0;
  int32_t pid = 0;
};

struct HttpRequest {
  std::string method = "GET";                        // upper case
  std::string path = "/";                            // decoded; as sent it is percent-encoded
  std::map<std::string, std::string> query;          // decoded; a name occurs once
  Headers headers;
  Bytes body;

  // Filled in by the server, ignored by the client.
  std::map<std::string, std::string> parameters;     // {name} of the route's path
  std::optional<CertificateFacts> peer;              // the client's certificate, checked
  std::optional<LocalPeer> local;                    // over a Unix socket
  std::set<Role> roles;                              // what this caller may act as
  std::stop_token stopping;                          // the server is stopping: a long poll answers now

  // A parameter of the path or of the query; Error{usage} is thrown when it is missing or not of this form.
  const std::string& parameter(const std::string& name) const;
  const std::string* query_value(const std::string& name) const;
  uint64_t number_parameter(const std::string& name, uint64_t max) const;
  template <typename SomeId>
  SomeId id_parameter(const std::string& name) const {
    Result<SomeId> id = SomeId::parse(parameter(name));
    if (!id) throw Error(ErrorKind::usage, name + ": " + id.error().text());
    return *id;
  }
};

struct FileBody {                                    // a response's body read from an open file while it is sent, in small pieces
  Descriptor file;
  uint64_t offset = 0;
  uint64_t length = 0;                               // content-length; a file that ends before breaks the connection
};

struct HttpResponse {
  int status = 200;
  Headers headers;                                   // content-length, date and connection are the server's own
  Bytes body;
  std::optional<FileBody> file{};                    // instead of body

  static HttpResponse of_status(int status);
  static HttpResponse of_text(int status, std::string_view text, std::string_view type = "text/plain");
  static HttpResponse of_bytes(Bytes body, std::string_view type = "application/octet-stream");
  static HttpResponse of_file(FileBody file);
  static HttpResponse of_error(const Error& error);  // status by kind, kind in kErrorHeader, text as text/plain
};

std::string_view reason_of(int status);              // "Not Found"
std::string_view wire_name_of(ErrorKind kind);       // "not_found": what kErrorHeader carries
std::optional<ErrorKind> kind_of_wire_name(std::string_view name);
int status_of(ErrorKind kind);
Error error_of(const HttpResponse& response);        // the way back: kind from the header, else from the status; text made printable

}  // namespace sparekeep
