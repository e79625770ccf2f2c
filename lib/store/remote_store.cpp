#include "lib/store/remote_store.h"

#include <algorithm>

#include "lib/vault/shard.h"
#include "lib/vault/snapshot_record.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"

namespace sparekeep {

namespace {

std::string_view folder_of(StoredKind kind) {
  switch (kind) {
    case StoredKind::descriptor: return "descriptors";
    case StoredKind::key_record: return "keys";
    case StoredKind::pack_list_block: return "blocks";
    case StoredKind::record: return "records";
  }
  return "";
}

std::string shard_path(const ShardId& shard) { return vault_path(shard.vault) + "/shards/" + shard.name(); }

std::string object_path(const VaultId& vault, StoredKind kind, std::string_view name) {
  return vault_path(vault) + "/" + std::string(folder_of(kind)) + "/" + std::string(name);
}

HttpRequest request_of(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  return request;
}

Result<void> without_body(const Result<HttpResponse>& response) {
  if (!response) return response.error();
  return {};
}

template <typename Message>
Result<Message> message_of(const Result<HttpResponse>& response) {
  if (!response) return response.error();
  return from_json<Message>(as_text(response->body));
}

}  // namespace

Result<HttpResponse> RemoteStore::send(const HttpRequest& request, const Call& call, const Deadline& deadline) {
  std::unique_ptr<HttpClient> client;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) client = std::move(idle_.back()), idle_.pop_back();
  }
  if (!client)
    client = std::make_unique<HttpClient>(ClientOptions{.host = options_.endpoint.host, .port = options_.endpoint.port, .tls = options_.tls,
                                                        .expected = options_.host, .expected_role = Role::daemon, .check = options_.check,
                                                        .deadlines = options_.deadlines, .local_socket = {}},
                                          clock_);
  const SendOptions options{.limit = deadline.left(), .body = call.body, .response_max = call.response_max, .into = call.into, .idempotent = true};
  Result<HttpResponse> response = call.every_status ? client->exchange(request, options) : client->send(request, options);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
  if (!response) return response.error().during(options_.name);
  return response;
}

Result<HttpResponse> RemoteStore::get(std::string path, size_t response_max, const Deadline& deadline) {
  return send(request_of("GET", std::move(path)), {.body = {}, .response_max = response_max}, deadline);
}

Result<SystemFacts> RemoteStore::facts_for(const VaultId& vault, const Deadline& deadline) {
  HttpRequest request = request_of("GET", std::string(kHelloPath));
  request.query["vault"] = vault.hex();
  const Result<Hello> hello = message_of<Hello>(send(request, {.body = {}}, deadline));
  if (!hello) return hello.error();
  SystemFacts facts;
  if (hello->available_bytes >= 0) facts.available_bytes = static_cast<uint64_t>(hello->available_bytes);
  if (const auto& newest = hello->newest) facts.newest = NewestRecord{record_name(newest->snapshot, newest->revision), newest->sequence};
  return facts;
}

Result<void> RemoteStore::put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) {
  return without_body(send(request_of("PUT", shard_path(shard)), {.body = {head, payload}}, deadline));
}

Result<Bytes> RemoteStore::get_head(const ShardId& shard, const Deadline& deadline) {
  HttpRequest request = request_of("GET", shard_path(shard));
  request.query["part"] = "head";
  Result<HttpResponse> response = send(request, {.body = {}, .response_max = kShardHeadSizeMax}, deadline);
  if (!response) return response.error();
  return std::move(response->body);
}

Result<void> RemoteStore::get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) {
  if (to.empty()) return {};
  HttpRequest request = request_of("GET", shard_path(shard));
  request.query["part"] = "payload";
  request.headers.set("range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + to.size() - 1));
  return without_body(send(request, {.body = {}, .response_max = to.size(), .into = to}, deadline));
}

Result<StoredShard> RemoteStore::get_shard(const ShardId& shard, const Deadline& deadline) {
  Result<HttpResponse> response = get(shard_path(shard), kStoredShardBytesMax, deadline);
  if (!response) return response.error();
  const Result<size_t> head = shard_head_size(ByteSpan(response->body).first(std::min(response->body.size(), kShardHeadPrefix)));
  if (!head || *head > response->body.size()) return Error(ErrorKind::corrupt, options_.name + ": what came is no shard");
  const auto split = response->body.begin() + static_cast<std::ptrdiff_t>(*head);
  return StoredShard{Bytes(response->body.begin(), split), Bytes(split, response->body.end())};
}

// Shards of one vault, at most kHasMax.
Result<void> RemoteStore::ask_held(std::span<const ShardId> shards, std::vector<bool>& held, const Deadline& deadline) {
  HoldsRequest asked;
  for (const ShardId& shard : shards) asked.shards.push_back(shard.name());
  const std::string body = to_json(asked);
  const Result<HoldsAnswer> answer =
      message_of<HoldsAnswer>(send(request_of("POST", vault_path(shards[0].vault) + "/holds"), {.body = {as_bytes(body)}}, deadline));
  if (!answer) return answer.error();
  if (answer->held.size() != shards.size()) return Error(ErrorKind::corrupt, options_.name + ": an answer for other shards came");
  held.insert(held.end(), answer->held.begin(), answer->held.end());
  return {};
}

Result<std::vector<bool>> RemoteStore::has(std::span<const ShardId> shards, const Deadline& deadline) {
  std::vector<bool> held;
  while (!shards.empty()) {
    size_t count = 1;
    while (count < std::min(shards.size(), kHasMax) && shards[count].vault == shards[0].vault) ++count;
    if (const Result<void> asked = ask_held(shards.first(count), held, deadline); !asked) return asked.error();
    shards = shards.subspan(count);
  }
  return held;
}

Result<std::vector<VaultId>> RemoteStore::list_vaults(const Deadline& deadline) {
  const Result<NameList> list = message_of<NameList>(get(std::string(kVaultsPath), kStoredObjectBytesMax, deadline));
  if (!list) return list.error();
  std::vector<VaultId> vaults;
  for (const std::string& name : list->names)
    if (const Result<VaultId> vault = VaultId::parse(name)) vaults.push_back(*vault);
  return vaults;
}

Result<std::vector<ObjectEntry>> RemoteStore::list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) {
  const Result<HttpResponse> response = get(vault_path(vault) + "/" + std::string(folder_of(kind)), kStoredObjectBytesMax, deadline);
  std::vector<ObjectEntry> entries;
  if (kind == StoredKind::record) {
    const Result<HeldRecords> held = message_of<HeldRecords>(response);
    if (!held) return held.error();
    for (const HeldRecord& record : held->records)
      entries.push_back({record.snapshot.hex() + "." + std::to_string(record.revision), record.received});
    return entries;
  }
  const Result<NameList> list = message_of<NameList>(response);
  if (!list) return list.error();
  for (const std::string& name : list->names) entries.push_back({name, Time{}});
  return entries;
}

Result<Bytes> RemoteStore::get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) {
  Result<HttpResponse> response = get(object_path(vault, kind, name), kStoredObjectBytesMax, deadline);
  if (!response) return response.error();
  return std::move(response->body);
}

Result<void> RemoteStore::put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object, const Deadline& deadline) {
  return without_body(send(request_of("PUT", object_path(vault, kind, name)), {.body = {object}}, deadline));
}

Result<CommitAnswer> RemoteStore::put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) {
  const Call call{.body = {record}, .response_max = kStoredObjectBytesMax, .every_status = true};
  const Result<HttpResponse> response = send(request_of("PUT", object_path(vault, StoredKind::record, name)), call, deadline);
  if (!response) return response.error();
  if (response->status < 300) return CommitAnswer{};
  const Result<CommitRefusal> refusal = from_json<CommitRefusal>(as_text(response->body));
  if (response->status != 409 || !refusal) return error_of(*response).during(options_.name);
  CommitAnswer answer{.missing_shards = {}, .missing_blocks = refusal->missing_blocks};
  for (const std::string& missing : refusal->missing) {
    const Result<ShardId> shard = parse_shard_name(vault, missing);
    if (!shard) return shard.error().during(options_.name);
    answer.missing_shards.push_back(*shard);
  }
  if (answer.committed()) return Error(ErrorKind::corrupt, options_.name + ": a refusal that names nothing came");
  return answer;
}

Result<RecordTallies> RemoteStore::tally_records(const Deadline& deadline) {
  const Result<HeldTallies> held = message_of<HeldTallies>(get(std::string(kRecordsPath), kStoredObjectBytesMax, deadline));
  if (!held && held.error().kind() == ErrorKind::not_found) return ShardStore::tally_records(deadline);
  if (!held) return held.error();
  RecordTallies tallies;
  for (const HeldTally& tally : held->vaults) tallies[tally.vault] = {tally.records, tally.digest};
  return tallies;
}

}  // namespace sparekeep
