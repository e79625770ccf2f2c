#include "installer/central/routes.h"

#include <algorithm>
#include <charconv>

#include "installer/central/certificate_desk.h"
#include "lib/base/text.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"
#include "lib/wire/version.h"

namespace sparekeep::central {

namespace {

constexpr int kNotModified = 304, kNoContent = 204, kCreated = 201;
constexpr uint64_t kWaitSecondsMax = 60;
constexpr size_t kResultMax = 16 << 20, kRequestPemMax = 64 << 10;
const std::set<Role> kAgentOnly{Role::agent}, kDaemonOnly{Role::daemon}, kHosts{Role::daemon, Role::agent},
    kAll{Role::daemon, Role::agent, Role::admin}, kReaders{Role::agent, Role::admin};

const HostId& peer_of(const HttpRequest& request) {
  if (!request.peer) throw Error(ErrorKind::denied, "a certificate is needed here");
  return request.peer->identity.host;
}

HttpResponse json_answer(const std::string& json) { return HttpResponse::of_text(200, json, "application/json"); }

template <typename Message>
Message message_of(const HttpRequest& request) {
  return during("body", from_json<Message>(as_text(request.body))).value();
}

HttpResponse names_answer(std::vector<std::string> names) { return json_answer(to_json(NameList{.names = std::move(names)})); }

// Counts a long poll for as long as it waits.
class Poll {
 public:
  explicit Poll(std::atomic<int>& polls) : polls_(polls), before_(polls_.fetch_add(1)) {}
  ~Poll() { polls_.fetch_sub(1); }
  Poll(const Poll&) = delete;
  bool may_wait() const { return before_ < kPollsMax; }

 private:
  std::atomic<int>& polls_;
  const int before_;
};

void add_hello(Router& router, const RouteParts& parts) {
  router.add("GET", std::string(kHelloPath), {}, [parts](const HttpRequest&) {
    const std::shared_ptr<const MasterCopy> newest = parts.masters.newest();
    const MasterVersion version = newest->file.version();
    Hello hello;
    hello.program = "sparekeep";
    hello.program_version = std::string(kProgramVersion);
    hello.host = parts.state.id();
    hello.master_epoch = version.epoch;
    hello.master_number = version.number;
    hello.master_digest = newest->digest.hex();
    hello.now = parts.clock.now();
    return json_answer(to_json(hello));
  });
}

void add_reports(Router& router, const RouteParts& parts) {
  router.add("POST", std::string(kReportsPath), kDaemonOnly,
             [parts](const HttpRequest& request) {
               return json_answer(to_json(parts.systems.report(peer_of(request), message_of<DaemonReport>(request))));
             },
             {.body_max = kReportMax});
}

void add_master(Router& router, const RouteParts& parts) {
  router.add("GET", std::string(kMasterPath), kAll, [parts](const HttpRequest& request) {
    const std::shared_ptr<const MasterCopy> newest = parts.masters.newest();
    const std::string* after = request.query_value("after");
    if (after && !newest->newer_than(master_version_from(*after).value())) return HttpResponse::of_status(kNotModified);
    return HttpResponse::of_bytes(newest->object);
  });
  router.add("PUT", std::string(kMasterPath), kHosts,
             [parts](const HttpRequest& request) {
               parts.systems.hear_master(peer_of(request), request.body);
               return HttpResponse::of_status(kNoContent);
             },
             {.body_max = kMasterSizeMax});
  router.add("GET", std::string(kMasterPath) + "/{number}", kAll, [parts](const HttpRequest& request) {
    const MasterVersion version{parts.state.delegation().epoch, request.number_parameter("number", UINT64_MAX)};
    return HttpResponse::of_bytes(parts.masters.read(version).value().object);
  });
}

void add_runs(Router& router, const RouteParts& parts) {
  router.add("GET", std::string(kOrdersPath), kAgentOnly, [parts](const HttpRequest& request) {
    const Poll poll(parts.polls);
    if (request.peer) parts.certificates.note_name(*request.peer);
    const uint64_t wait = request.query_value("wait") && poll.may_wait() ? request.number_parameter("wait", kWaitSecondsMax) : 0;
    const std::optional<SignedOrder> order = parts.runs.next_for(peer_of(request), std::chrono::seconds(wait), request.stopping);
    return order ? json_answer(to_json(*order)) : HttpResponse::of_status(kNoContent);
  });
  router.add("POST", "/v1/runs/{run}/progress", kAgentOnly,
             [parts](const HttpRequest& request) {
               RunProgress progress = message_of<RunProgress>(request);
               progress.run = request.id_parameter<RunId>("run");
               parts.runs.progress(peer_of(request), progress);
               return HttpResponse::of_status(kNoContent);
             },
             {.body_max = kReportMax});
  router.add("PUT", "/v1/runs/{run}/result", kAgentOnly,
             [parts](const HttpRequest& request) {
               RunResult result = message_of<RunResult>(request);
               result.run = request.id_parameter<RunId>("run");
               parts.runs.result(peer_of(request), result);
               return HttpResponse::of_status(kNoContent);
             },
             {.body_max = kResultMax});
}

uint32_t epoch_of(const HttpRequest& request) { return static_cast<uint32_t>(request.number_parameter("epoch", UINT32_MAX)); }

RecordName record_of(const HttpRequest& request) {
  const Result<RecordName> name = parse_record_name(request.parameter("record"));
  if (!name) throw Error(ErrorKind::usage, "record: " + name.error().text());
  return *name;
}

// What every PUT of an object does around its own check.
void add_put(Router& router, std::string_view pattern, size_t body_max, std::function<void(const VaultId&, HttpRequest&)> put) {
  router.add_taking("PUT", "/v1/vaults/{vault}/" + std::string(pattern), kAgentOnly,
                    [put = std::move(put)](HttpRequest& request) {
                      put(request.id_parameter<VaultId>("vault"), request);
                      return HttpResponse::of_status(kCreated);
                    },
                    {.body_max = body_max});
}

void add_object_puts(Router& router, const RouteParts& parts) {
  add_put(router, "descriptors/{epoch}", kReportMax, [parts](const VaultId& vault, HttpRequest& request) {
    parts.intake.put_descriptor(peer_of(request), vault, epoch_of(request), request.body);
  });
  add_put(router, "keys/{digest}", kReportMax, [parts](const VaultId& vault, HttpRequest& request) {
    parts.intake.put_key_record(peer_of(request), vault, request.id_parameter<Digest>("digest"), request.body);
  });
  add_put(router, "blocks/{digest}", kBodyMaxDefault, [parts](const VaultId& vault, HttpRequest& request) {
    parts.intake.put_block(peer_of(request), vault, request.id_parameter<Digest>("digest"), request.body);
  });
  add_put(router, "records/{record}", kRecordBytesMax, [parts](const VaultId& vault, HttpRequest& request) {
    parts.intake.put_record(peer_of(request), vault, record_of(request), std::move(request.body));
  });
}

// The vault, where this caller may read it: admins any, agents their own.
VaultEntry readable_vault(const RouteParts& parts, const HttpRequest& request) {
  const VaultId vault = request.id_parameter<VaultId>("vault");
  if (!request.roles.contains(Role::admin)) return parts.intake.vault_for(peer_of(request), vault);
  std::optional<VaultEntry> entry = parts.catalogue.vault(vault);
  if (!entry) throw Error(ErrorKind::not_found, "vault " + in_quotes(vault.hex()) + " is not known here");
  return std::move(*entry);
}

HttpResponse bytes_or_not_found(std::optional<Bytes> object, std::string_view what) {
  if (!object) throw Error(ErrorKind::not_found, "there is no such " + std::string(what));
  return HttpResponse::of_bytes(std::move(*object));
}

void add_object_gets(Router& router, const RouteParts& parts) {
  const auto get = [&](std::string_view pattern, std::function<HttpResponse(const VaultEntry&, const HttpRequest&)> answer) {
    router.add("GET", "/v1/vaults/{vault}/" + std::string(pattern), kReaders,
               [parts, answer = std::move(answer)](const HttpRequest& request) { return answer(readable_vault(parts, request), request); });
  };
  get("descriptors/{epoch}", [](const VaultEntry& vault, const HttpRequest& request) {
    return bytes_or_not_found(vault.epoch == epoch_of(request) ? std::optional(vault.descriptor) : std::nullopt, "descriptor");
  });
  get("keys/{digest}", [parts](const VaultEntry& vault, const HttpRequest& request) {
    return bytes_or_not_found(parts.catalogue.object(vault.id, ObjectTable::key_records, request.id_parameter<Digest>("digest")), "key record");
  });
  get("blocks/{digest}", [parts](const VaultEntry& vault, const HttpRequest& request) {
    return bytes_or_not_found(parts.catalogue.object(vault.id, ObjectTable::blocks, request.id_parameter<Digest>("digest")), "block");
  });
  get("records/{record}", [parts](const VaultEntry& vault, const HttpRequest& request) {
    const RecordName name = record_of(request);
    const std::optional<SnapshotEntry> snapshot = parts.catalogue.snapshot(name.snapshot);
    const bool here = snapshot && snapshot->vault == vault.id;
    return bytes_or_not_found(here ? parts.catalogue.record(name.snapshot, name.revision) : std::nullopt, "record");
  });
}

std::vector<std::string> digests_as_names(const std::vector<Digest>& digests) {
  std::vector<std::string> names;
  for (const Digest& digest : digests) names.push_back(digest.hex());
  return names;
}

void add_object_lists(Router& router, const RouteParts& parts) {
  router.add("GET", std::string(kVaultsPath), kReaders, [parts](const HttpRequest& request) {
    std::vector<std::string> names;
    for (const VaultEntry& vault : parts.catalogue.vaults()) {
      if (request.roles.contains(Role::admin) || vault.owner == peer_of(request)) names.push_back(vault.id.hex());
    }
    return names_answer(std::move(names));
  });
  const auto list = [&](std::string_view kind, std::function<std::vector<std::string>(const VaultEntry&)> names) {
    router.add("GET", "/v1/vaults/{vault}/" + std::string(kind), kReaders,
               [parts, names = std::move(names)](const HttpRequest& request) { return names_answer(names(readable_vault(parts, request))); });
  };
  list("descriptors", [](const VaultEntry& vault) { return std::vector<std::string>{std::to_string(vault.epoch)}; });
  list("keys", [parts](const VaultEntry& vault) { return digests_as_names(parts.catalogue.objects(vault.id, ObjectTable::key_records)); });
  list("blocks", [parts](const VaultEntry& vault) { return digests_as_names(parts.catalogue.objects(vault.id, ObjectTable::blocks)); });
  list("records", [parts](const VaultEntry& vault) { return parts.catalogue.record_names(vault.id); });
}

void add_renew(Router& router, const RouteParts& parts) {
  router.add("POST", std::string(kRenewPath), kHosts,
             [parts](const HttpRequest& request) {
               peer_of(request);
               return HttpResponse::of_text(200, parts.certificates.renew(std::string(as_text(request.body)), *request.peer),
                                            "application/x-pem-file");
             },
             {.body_max = kRequestPemMax});
}

}  // namespace

Router central_routes(RouteParts parts) {
  Router router;
  add_hello(router, parts);
  add_reports(router, parts);
  add_master(router, parts);
  add_runs(router, parts);
  add_object_puts(router, parts);
  add_object_gets(router, parts);
  add_object_lists(router, parts);
  add_renew(router, parts);
  return router;
}

}  // namespace sparekeep::central
