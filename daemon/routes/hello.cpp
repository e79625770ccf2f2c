#include <algorithm>

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

HttpResponse hello(const Service& service) {
  Hello hello{.program = "sparekeepd", .program_version = std::string(kProgramVersion), .host = service.self, .now = service.clock.now()};
  std::tie(hello.master_epoch, hello.master_number) = service.master.version();
  if (const Result<SpaceFacts> space = service.shards.space()) hello.available_bytes = static_cast<int64_t>(std::min<uint64_t>(space->available_bytes, INT64_MAX));
  return HttpResponse::of_text(200, to_json(hello), "application/json");
}

}  // namespace

void add_hello_routes(Router& router, Service& service) {
  router.add("GET", "/v1/hello", readers(), [&service](const HttpRequest& request) {
    if (service.central_says_hello && request.roles.contains(Role::central)) service.central_says_hello();
    return hello(service);
  });
}

}  // namespace sparekeep::daemon
