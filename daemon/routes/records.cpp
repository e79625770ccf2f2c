// Records: offering one is the commit of a backup. 201 in force now, 200 it was already, 409 with what is missing.
#include "daemon/routes/service.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"

namespace sparekeep::daemon {

namespace {

HttpResponse refusal(const CommitOutcome& outcome) {
  CommitRefusal refusal{.missing = {}, .missing_blocks = outcome.missing_blocks};
  for (const ShardId& shard : outcome.missing_shards) refusal.missing.push_back(shard.name());
  return HttpResponse::of_text(409, to_json(refusal), "application/json");
}

HttpResponse put(Service& service, const HttpRequest& request) {
  const VaultId vault = request.id_parameter<VaultId>("vault");
  (void)check_writer(service, request, vault);
  const CommitOutcome outcome = service.commit.take(vault, request.parameter("name"), request.body).value();
  if (!outcome.committed()) return refusal(outcome);
  return HttpResponse::of_status(outcome.created ? 201 : 200);
}

HttpResponse list(Service& service, const HttpRequest& request) {
  HeldRecords held;
  for (const HeldRecordRow& row : service.index.records_of(request.id_parameter<VaultId>("vault"))) {
    const RecordName name = parse_record_name(row.name).value();
    held.records.push_back({name.snapshot, name.revision, row.sequence, row.received, row.digest});
  }
  return HttpResponse::of_text(200, to_json(held), "application/json");
}

HttpResponse tally(const Service& service) {
  HeldTallies held;
  for (const auto& [vault, tally] : service.index.tallies()) held.vaults.push_back({vault, tally.count, tally.digest});
  return HttpResponse::of_text(200, to_json(held), "application/json");
}

}  // namespace

void add_record_routes(Router& router, Service& service) {
  router.add("PUT", "/v1/vaults/{vault}/records/{name}", writers(), [&service](const HttpRequest& request) { return put(service, request); },
             {.body_max = kRecordBytesMax});
  router.add("GET", "/v1/vaults/{vault}/records", readers(), [&service](const HttpRequest& request) { return list(service, request); });
  router.add("GET", std::string(kRecordsPath), readers(), [&service](const HttpRequest&) { return tally(service); });
}

}  // namespace sparekeep::daemon
