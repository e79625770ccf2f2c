// PUT, GET, HEAD, DELETE of shards, and what is held. A shard's parts: `?part=head` (all before its bytes), `?part=payload`
// (its bytes alone, with one range), without either the whole object.
#include <charconv>

#include "daemon/routes/service.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"

namespace sparekeep::daemon {

namespace {

ShardId shard_of(const HttpRequest& request) {
  return parse_shard_name(request.id_parameter<VaultId>("vault"), request.parameter("shard")).value();
}

HttpResponse put(Service& service, HttpRequest& request) {
  const ShardId id = shard_of(request);
  const VaultDescriptor descriptor = check_writer(service, request, id.vault);
  const auto begin_lock = [&] { service.index.note_stored(id); };   // before the bytes: there is no moment at which a stored shard has no lock
  const ShardDirectory::Put put = service.shards.put(request.body, id.vault, id, descriptor.signer, begin_lock).value();
  return HttpResponse::of_status(put == ShardDirectory::Put::created ? 201 : 200);
}

struct Part {
  uint64_t offset = 0, length = 0;        // in the file
};

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) throw Error(ErrorKind::usage, in_quotes(text) + " is not a number");
  return value;
}

// One range of the form bytes=FIRST-LAST; anything else is refused, so that no request can ask for more work than its answer.
Part range_of(std::string_view header, const Part& whole) {
  const Error refusal(ErrorKind::usage, "range " + in_quotes(header) + " cannot be given; expected bytes=FIRST-LAST inside the shard");
  const size_t dash = header.find('-');
  if (!header.starts_with("bytes=") || dash == std::string_view::npos) throw refusal;
  const uint64_t first = number(header.substr(6, dash - 6)), last = number(header.substr(dash + 1));
  if (first > last || last >= whole.length) throw refusal;
  return {whole.offset + first, last - first + 1};
}

HttpResponse get(Service& service, const HttpRequest& request) {
  ShardDirectory::Opened shard = service.shards.open(shard_of(request)).value();
  const std::string* part = request.query_value("part");
  Part wanted{0, shard.size};
  if (part && *part == "head") wanted = {0, shard.head_size};
  else if (part && *part == "payload") wanted = {shard.head_size, shard.size - shard.head_size};
  else if (part) throw Error(ErrorKind::usage, "part " + in_quotes(*part) + " is unknown; expected head or payload");
  const std::string* range = request.headers.find("range");
  if (range) wanted = range_of(*range, wanted);
  HttpResponse response = HttpResponse::of_file({std::move(shard.file), wanted.offset, wanted.length});
  response.status = range ? 206 : 200;
  return response;
}

HttpResponse holds(Service& service, const HttpRequest& request) {
  const VaultId vault = request.id_parameter<VaultId>("vault");
  const HoldsRequest asked = from_json<HoldsRequest>(as_text(request.body)).value();
  if (asked.shards.size() > kHoldsMax) throw Error(ErrorKind::usage, "at most " + std::to_string(kHoldsMax) + " shards at a time");
  HoldsAnswer answer;
  for (const std::string& name : asked.shards) answer.held.push_back(service.shards.holds(parse_shard_name(vault, name).value()));
  return HttpResponse::of_text(200, to_json(answer), "application/json");
}

HttpResponse remove(Service& service, const HttpRequest& request) {
  const Result<void> removed = service.commit.remove(shard_of(request), service.lock);
  if (!removed) throw removed.error();
  return HttpResponse::of_status(204);
}

}  // namespace

void add_shard_routes(Router& router, Service& service) {
  const std::string shard = "/v1/vaults/{vault}/shards/{shard}";
  router.add_taking("PUT", shard, writers(), [&service](HttpRequest& request) { return put(service, request); }, {.body_max = kShardBodyMax});
  router.add("GET", shard, readers(), [&service](const HttpRequest& request) { return get(service, request); });
  router.add("DELETE", shard, {Role::central}, [&service](const HttpRequest& request) { return remove(service, request); });
  router.add("POST", "/v1/vaults/{vault}/holds", readers(), [&service](const HttpRequest& request) { return holds(service, request); },
             {.body_max = 4 << 20});
}

}  // namespace sparekeep::daemon
