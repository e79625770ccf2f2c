// Descriptors, key records and pack list blocks of vaults: put if absent, get, list.
#include "daemon/routes/service.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"

namespace sparekeep::daemon {

namespace {

HttpResponse stored(Result<bool> result) { return HttpResponse::of_status(result.value() ? 201 : 200); }

HttpResponse get(Service& service, VaultObject kind, const HttpRequest& request) {
  VaultObjects::Opened object = service.objects.open(request.id_parameter<VaultId>("vault"), kind, request.parameter("name")).value();
  return HttpResponse::of_file({std::move(object.file), 0, object.size});
}

HttpResponse list_vaults(Service& service) {
  NameList list;
  for (const VaultId& vault : service.objects.vaults().value()) list.names.push_back(vault.hex());
  return HttpResponse::of_text(200, to_json(list), "application/json");
}

HttpResponse put_descriptor(Service& service, const HttpRequest& request) {
  const HostId& writer = request.peer.value().identity.host;
  return stored(service.objects.put_descriptor(request.id_parameter<VaultId>("vault"), request.parameter("name"), request.body, writer));
}

HttpResponse put_key(Service& service, const HttpRequest& request) {
  const VaultId vault = request.id_parameter<VaultId>("vault");
  (void)check_writer(service, request, vault);
  return stored(service.objects.put_key_record(vault, request.parameter("name"), request.body));
}

HttpResponse put_block(Service& service, const HttpRequest& request) {
  const VaultId vault = request.id_parameter<VaultId>("vault");
  (void)check_writer(service, request, vault);
  return stored(service.objects.put_block(vault, request.parameter("name"), request.body));
}

}  // namespace

void add_object_routes(Router& router, Service& service) {
  router.add("GET", "/v1/vaults", readers(), [&service](const HttpRequest&) { return list_vaults(service); });
  for (const VaultObject kind : {VaultObject::descriptor, VaultObject::key_record, VaultObject::pack_list_block, VaultObject::record}) {
    const std::string folder = "/v1/vaults/{vault}/" + std::string(folder_of(kind));
    router.add("GET", folder + "/{name}", readers(), [&service, kind](const HttpRequest& request) {
      return get(service, kind, request);
    });
    if (kind == VaultObject::record) continue;       // listed with stamps: routes/records.cpp
    router.add("GET", folder, readers(), [&service, kind](const HttpRequest& request) {
      const NameList list{service.objects.list(request.id_parameter<VaultId>("vault"), kind).value()};
      return HttpResponse::of_text(200, to_json(list), "application/json");
    });
  }
  const std::string vault = "/v1/vaults/{vault}/";
  router.add("PUT", vault + "descriptors/{name}", writers(), [&service](const HttpRequest& request) { return put_descriptor(service, request); });
  router.add("PUT", vault + "keys/{name}", writers(), [&service](const HttpRequest& request) { return put_key(service, request); });
  router.add("PUT", vault + "blocks/{name}", writers(), [&service](const HttpRequest& request) { return put_block(service, request); });
}

}  // namespace sparekeep::daemon
