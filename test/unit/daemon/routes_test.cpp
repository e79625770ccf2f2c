// Every endpoint of the daemon x every role: who may call it stands in one table here and in docs/protocol.md, and in no handler.
#include "daemon/routes/service.h"
#include "lib/crypt/digest.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"
#include "test/chain/chain_world.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

const std::string kVault = "/v1/vaults/00112233445566778899aabbccddeeff";
const std::string kShard = kVault + "/shards/" + std::string(64, 'a') + ".2.2.0";

HttpClient client_with(ChainWorld& world, Tls tls) {
  ClientOptions options;
  options.host = "127.0.0.1", options.port = world.daemon(0).port();
  options.tls = std::move(tls);
  return HttpClient(std::move(options), system_clock());
}

HttpClient client_of(ChainWorld& world, const std::set<Role>& roles) { return client_with(world, world.client(roles)); }

HttpResponse answer_of(HttpClient& client, const std::string& method, const std::string& path, Bytes body = {}) {
  HttpRequest request;
  request.method = method, request.path = path, request.body = std::move(body);
  return client.exchange(request, {}).value();
}

int status_for(HttpClient& client, const std::string& method, const std::string& path) { return answer_of(client, method, path).status; }

}  // namespace

TEST_CASE("who may call what") {
  ChainWorld world(1);
  struct Row {
    std::string method, path;
    std::set<Role> roles;
  };
  const std::set<Role> readers{Role::central, Role::agent, Role::daemon, Role::admin}, agents{Role::agent};
  const std::vector<Row> rows{
      {"GET", "/v1/hello", readers}, {"GET", "/v1/vaults", readers}, {"GET", "/v1/records", readers}, {"PUT", kShard, agents}, {"GET", kShard, readers},
      {"DELETE", kShard, {Role::central}}, {"POST", kVault + "/holds", readers},
      {"PUT", kVault + "/descriptors/1", agents}, {"GET", kVault + "/descriptors/1", readers}, {"GET", kVault + "/descriptors", readers},
      {"PUT", kVault + "/keys/ab", agents}, {"GET", kVault + "/keys/ab", readers}, {"GET", kVault + "/keys", readers},
      {"PUT", kVault + "/blocks/ab", agents}, {"GET", kVault + "/blocks/ab", readers}, {"GET", kVault + "/blocks", readers},
      {"PUT", kVault + "/records/ab.1", agents}, {"GET", kVault + "/records/ab.1", readers}, {"GET", kVault + "/records", readers},
  };
  for (const Role role : {Role::central, Role::agent, Role::daemon, Role::admin}) {
    HttpClient client = client_of(world, {role});
    for (const Row& row : rows) {
      INFO(row.method << " " << row.path << " as " << name_of(role));
      CHECK((status_for(client, row.method, row.path) != 403) == row.roles.contains(role));
    }
  }
}

TEST_CASE("a hello of the central is a reason to report, one of others is none") {
  ChainWorld world(1);
  for (const Role role : {Role::agent, Role::daemon, Role::admin}) {
    HttpClient client = client_of(world, {role});
    CHECK(status_for(client, "GET", "/v1/hello") == 200);
  }
  CHECK(world.daemon(0).hellos_of_the_central == 0);
  HttpClient central = client_of(world, {Role::central, Role::admin});
  CHECK(status_for(central, "GET", "/v1/hello") == 200);
  CHECK(world.daemon(0).hellos_of_the_central == 1);
}

TEST_CASE("the central takes a report by the answer to its hello, where it asks for it; nobody else gets one") {
  ChainWorld world(1);
  const auto report_in = [&](const std::set<Role>& roles, std::map<std::string, std::string> query) {
    HttpClient client = client_of(world, roles);
    HttpRequest request;
    request.path = "/v1/hello", request.query = std::move(query);
    return from_json<Hello>(as_text(client.exchange(request, {}).value().body)).value().report;
  };
  const std::map<std::string, std::string> asking{{"report", "1.7"}, {"digest", "ab12"}};
  CHECK(!report_in({Role::agent}, asking));
  CHECK(world.daemon(0).hellos_of_the_central == 0);
  const std::optional<DaemonReport> report = report_in({Role::central}, asking);
  REQUIRE(report);
  CHECK(report->host == world.daemon(0).host());
  CHECK(report->capacity_bytes > 0);
  CHECK(report->available_bytes <= report->capacity_bytes);
  CHECK(world.daemon(0).last_greeting.took_report);
  CHECK(world.daemon(0).last_greeting.master == "1.7");
  CHECK(world.daemon(0).last_greeting.master_digest == "ab12");
  CHECK(!report_in({Role::central}, {}));
  CHECK(!world.daemon(0).last_greeting.took_report);
}

TEST_CASE("a host greets its own daemon as the central does, and no other one") {
  ChainWorld world(2);
  const auto report_in = [&](const Tls& tls, std::map<std::string, std::string> query) {
    HttpClient client = client_with(world, tls);
    HttpRequest request;
    request.path = "/v1/hello", request.query = std::move(query);
    return from_json<Hello>(as_text(client.exchange(request, {}).value().body)).value().report;
  };
  const std::map<std::string, std::string> asking{{"report", "1.7"}, {"digest", "ab12"}};
  const HostId self = world.daemon(0).host();
  CHECK(!report_in(world.authority().tls(self, {Role::daemon}), {}));
  CHECK(!report_in(world.authority().tls(self, {Role::agent}), asking));
  CHECK(!report_in(world.authority().tls(world.daemon(1).host(), {Role::daemon}), asking));
  CHECK(world.daemon(0).hellos_of_the_central == 0);
  CHECK(report_in(world.authority().tls(self, {Role::daemon}), asking));
  CHECK(world.daemon(0).last_greeting.master == "1.7");
}

TEST_CASE("a hello names the newest record of the vault that is asked for, and refuses what is none") {
  ChainWorld world(1);
  HttpClient agent = client_of(world, {Role::agent});
  HttpRequest request;
  request.path = "/v1/hello", request.query = {{"vault", system_random().id<VaultId>().hex()}};
  CHECK_FALSE(from_json<Hello>(as_text(agent.exchange(request, {}).value().body)).value().newest);
  request.query = {{"vault", "../x"}};
  CHECK(agent.exchange(request, {}).value().status == 400);
}

TEST_CASE("a host writes to its own vault alone: every way to write is closed to another host of the same authority") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", as_bytes("content")));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  const agent::LocalVault own = world.vault();
  const std::string vault = "/v1/vaults/" + own.descriptor().vault.hex();
  const Path shard = shard_files(world.daemon(0).storage()).at(0);
  const Bytes shard_bytes = read_file(shard, 1 << 26).value();
  HttpClient owner = client_of(world, {Role::agent});
  const HttpResponse records = answer_of(owner, "GET", vault + "/records");
  CHECK(records.status == 200);
  const std::string listed(as_text(records.body));
  const std::string name = listed.substr(listed.find("\"snapshot\":\"") + 12, 32) + ".1";
  const Bytes record = answer_of(owner, "GET", vault + "/records/" + name).body;

  HttpClient thief = client_with(world, world.authority().tls(HostId{{9}}, {Role::agent}));
  const std::string refusal = "host " + HostId{{9}}.hex() + " may not write to vault " + own.descriptor().vault.hex();
  for (const auto& [path, body] : std::vector<std::pair<std::string, Bytes>>{
           {"/shards/" + shard.filename().string(), shard_bytes}, {"/records/" + name, record},
           {"/keys/" + sha256(own.key_record_object()).hex(), own.key_record_object()}, {"/blocks/" + std::string(64, 'a'), Bytes(10, 1)}}) {
    INFO(path);
    const HttpResponse refused = answer_of(thief, "PUT", vault + path, body);
    CHECK(refused.status == 403);
    CHECK(as_text(refused.body) == refusal);
  }
  const HttpResponse refused = answer_of(thief, "PUT", vault + "/descriptors/1", own.descriptor_object());
  CHECK(refused.status == 403);
  CHECK(as_text(refused.body) == "vault " + own.descriptor().vault.hex() + " belongs to host " + world.host().hex());
  CHECK(answer_of(owner, "PUT", vault + "/records/" + name, record).status == 200);
}

TEST_CASE("a host with all of its keys puts nothing over a shard that it has stored, whatever the length") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", Bytes(100'000, 7)));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  const agent::LocalVault own = world.vault();
  HttpClient owner = client_of(world, {Role::agent});
  for (const Path& file : shard_files(world.daemon(0).storage())) {
    const Bytes stands = read_file(file, 1 << 26).value();
    ShardHead head = parse_shard_head(stands).value();
    for (const uint64_t length : {head.payload_length() - 1, head.payload_length(), head.payload_length() + 1}) {
      const Bytes noise(length, 5);
      const std::vector<Digest> blocks = block_digests(noise);
      head.header.pack_length = head.header.shard_length = length, head.header.directory_offset = 0;
      head.header.shard_digests.assign(2, shard_digest(length, blocks));
      Bytes object = write_shard_head(head.index, write_pack_header(head.header, own.signer()), blocks);
      append(object, noise);
      const HttpResponse refused = answer_of(owner, "PUT", "/v1/vaults/" + own.descriptor().vault.hex() + "/shards/" + file.filename().string(), object);
      CHECK(refused.status == 409);
      CHECK(as_text(refused.body) == "another shard is stored as " + head.id().path());
      CHECK(same_bytes(read_file(file, 1 << 26).value(), stands));
    }
  }
}

TEST_CASE("who has a certificate of another authority, or one that ended or is revoked, gets nowhere, also on an open connection") {
  ChainWorld world(1);
  TestDaemon& daemon = world.daemon(0);
  SeededRandom random(99);
  const TestAuthority other_authority(random);
  HttpClient stranger = client_with(world, other_authority.tls(world.host(), {Role::agent}));
  HttpRequest request;
  request.path = "/v1/hello";
  CHECK(stranger.exchange(request, {}).has_error());

  const Time now = system_clock().now();
  HttpClient ended = client_with(world, world.authority().certificate(world.host(), {Role::agent}, now - std::chrono::hours(48)).tls);
  CHECK(answer_of(ended, "GET", "/v1/hello").status == 403);
  CHECK(as_text(answer_of(ended, "GET", "/v1/hello").body).find("ended") != std::string_view::npos);
  daemon.central_is_there = false;                     // nobody could have renewed it
  CHECK(answer_of(ended, "GET", "/v1/hello").status == 200);
  HttpClient long_ended = client_with(world, world.authority().certificate(world.host(), {Role::agent}, now - std::chrono::hours(24 * 92)).tls);
  CHECK(answer_of(long_ended, "GET", "/v1/hello").status == 403);

  const TestAuthority::Certificate good = world.authority().certificate(world.host(), {Role::agent}, now);
  HttpClient agent = client_with(world, good.tls);
  CHECK(answer_of(agent, "GET", "/v1/hello").status == 200);
  daemon.revoked.insert(good.serial);
  const HttpResponse refused = answer_of(agent, "GET", "/v1/hello");
  CHECK(refused.status == 403);
  CHECK(as_text(refused.body) == "certificate " + good.serial + " of 'test' is revoked");
}

TEST_CASE("ranges: one, inside the shard, or a refusal") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", Bytes(100'000, 7)));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  const Path file = shard_files(world.daemon(0).storage()).at(0);
  HttpClient client = client_of(world, {Role::agent});
  HttpRequest request;
  request.path = "/v1/vaults/" + world.vault().descriptor().vault.hex() + "/shards/" + file.filename().string();
  const size_t whole = client.exchange(request, {}).value().body.size();
  CHECK(whole == std::filesystem::file_size(file));
  request.headers.set("range", "bytes=10-19");
  CHECK(client.exchange(request, {}).value().body.size() == 10);
  for (const std::string bad : {"bytes=5-4", "bytes=0-99999999", "bytes=-5", "bytes=5-", "bytes=0-1,3-4", "lines=1-2"}) {
    request.headers.set("range", bad);
    INFO(bad);
    CHECK(client.exchange(request, {}).value().status == 400);
  }
}

TEST_CASE("a shard that does not verify leaves nothing behind, neither bytes nor a row of the index") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", Bytes(100'000, 7)));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  HttpClient client = client_of(world, {Role::agent});
  const std::string shards = "/v1/vaults/" + world.vault().descriptor().vault.hex() + "/shards/";
  for (char digit = '0'; digit <= '9'; ++digit) CHECK(answer_of(client, "PUT", shards + std::string(64, digit) + ".2.2.0", Bytes(1000, 1)).status == 400);
  const auto files = static_cast<int64_t>(shard_files(world.daemon(0).storage()).size());
  world.daemon(0).stop();
  Database index(world.daemon(0).state() / "index.db", std::vector<std::string>(daemon::ShardIndex::kSchemaVersion));
  Statement rows = index.statement("SELECT count(*) FROM named");
  REQUIRE(rows.step());
  CHECK(rows.integer(0) == files);
}

TEST_CASE("what cannot be listed is an error, not an empty list: a central would take it for a system without snapshots") {
  ChainWorld world(1);
  const Path vaults = world.daemon(0).state() / "vaults";
  HttpClient client = client_of(world, {Role::central});
  CHECK(as_text(answer_of(client, "GET", "/v1/vaults").body) == "{\"names\":[]}");
  REQUIRE(write_durably(vaults, as_bytes("no folder")));
  for (const std::string& path : {std::string("/v1/vaults"), kVault + "/keys"}) {
    const HttpResponse answer = answer_of(client, "GET", path);
    CHECK(answer.status == 500);
    CHECK(as_text(answer.body).find("listing '") != std::string_view::npos);
  }
}

TEST_CASE("only the central deletes, and not what a record names") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", Bytes(100'000, 7)));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  const Path file = shard_files(world.daemon(0).storage()).at(0);
  HttpClient client = client_of(world, {Role::central});
  HttpRequest request;
  request.method = "DELETE", request.path = "/v1/vaults/" + world.vault().descriptor().vault.hex() + "/shards/" + file.filename().string();
  const HttpResponse refused = client.exchange(request, {}).value();
  CHECK(refused.status == 423);
  CHECK(as_text(refused.body).find("is named by record") != std::string_view::npos);
  CHECK(std::filesystem::exists(file));
}
