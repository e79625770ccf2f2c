#include <algorithm>

#include "daemon/report/disk_report.h"
#include "daemon/routes/service.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"
#include "lib/wire/version.h"

namespace sparekeep::daemon {

const std::set<Role>& readers() {
  static const std::set<Role> roles{Role::central, Role::agent, Role::daemon, Role::admin};
  return roles;
}

const std::set<Role>& writers() {
  static const std::set<Role> roles{Role::agent};
  return roles;
}

VaultDescriptor check_writer(const Service& service, const HttpRequest& request, const VaultId& vault) {
  const VaultDescriptor descriptor = service.objects.descriptor(vault).value();
  const HostId& writer = request.peer.value().identity.host;
  if (descriptor.owner != writer && !service.master.may_write(vault, writer))
    throw Error(ErrorKind::denied, "host " + writer.hex() + " may not write to vault " + vault.hex());
  return descriptor;
}

namespace {

// Of the central, or of this host itself, which hands the answer on to a central that is logged in to it: it has proven our own certificate.
bool is_greeting(const Service& service, const HttpRequest& request) {
  if (request.roles.contains(Role::central)) return true;
  return request.roles.contains(Role::daemon) && request.peer && request.peer->identity.host == service.self && request.query_value("report");
}

// It may take the report by the answer, and needs no connection of ours for that.
void greet(const Service& service, const HttpRequest& request, Hello& hello) {
  const std::string* master = request.query_value("report");
  const std::string* digest = request.query_value("digest");
  const auto [epoch, number] = service.master.version();
  if (master)
    if (Result<DaemonReport> report = disk_report(service.self, service.clock, service.shards, {static_cast<uint32_t>(epoch), number})) hello.report = std::move(*report);
  if (service.central_says_hello)
    service.central_says_hello({.took_report = hello.report.has_value(), .master = master ? *master : "", .master_digest = digest ? *digest : ""});
}

std::optional<NewestHeld> newest_held(const Service& service, const VaultId& vault) {
  const std::optional<NewestRow> row = service.index.newest_of(vault);
  if (!row) return std::nullopt;
  const RecordName name = parse_record_name(row->name).value();
  return NewestHeld{name.snapshot, name.revision, row->sequence};
}

HttpResponse hello(const Service& service, const HttpRequest& request) {
  Hello hello{.program = "sparekeepd", .program_version = std::string(kProgramVersion), .host = service.self, .now = service.clock.now()};
  std::tie(hello.master_epoch, hello.master_number) = service.master.version();
  if (const Result<SpaceFacts> space = service.shards.space()) hello.available_bytes = static_cast<int64_t>(std::min<uint64_t>(space->available_bytes, INT64_MAX));
  if (const std::string* vault = request.query_value("vault")) hello.newest = newest_held(service, VaultId::parse(*vault).value());
  if (is_greeting(service, request)) greet(service, request, hello);
  return HttpResponse::of_text(200, to_json(hello), "application/json");
}

}  // namespace

void add_hello_routes(Router& router, Service& service) {
  router.add("GET", "/v1/hello", readers(), [&service](const HttpRequest& request) { return hello(service, request); });
}

}  // namespace sparekeep::daemon
