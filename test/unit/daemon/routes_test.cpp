// Every endpoint of the daemon x every role: who may call it stands in one table here and in docs/protocol.md, and in no handler.
#include "daemon/routes/service.h"
#include "test/chain/chain_world.h"
#include "test/support/catch.h"

using namespace sparekeep;

namespace {

const std::string kVault = "/v1/vaults/00112233445566778899aabbccddeeff";
const std::string kShard = kVault + "/shards/" + std::string(64, 'a') + ".2.2.0";

HttpClient client_of(ChainWorld& world, const std::set<Role>& roles) {
  ClientOptions options;
  options.host = "127.0.0.1", options.port = world.daemon(0).port();
  options.tls = world.client(roles);
  return HttpClient(std::move(options), system_clock());
}

int status_for(HttpClient& client, const std::string& method, const std::string& path) {
  HttpRequest request;
  request.method = method, request.path = path;
  return client.exchange(request, {}).value().status;
}

}  // namespace

TEST_CASE("who may call what") {
  ChainWorld world(1);
  struct Row {
    std::string method, path;
    std::set<Role> roles;
  };
  const std::set<Role> readers{Role::central, Role::agent, Role::daemon, Role::admin}, agents{Role::agent};
  const std::vector<Row> rows{
      {"GET", "/v1/hello", readers}, {"GET", "/v1/vaults", readers}, {"PUT", kShard, agents}, {"GET", kShard, readers},
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

TEST_CASE("a host writes to its own vault alone") {
  ChainWorld world(2);
  const TemporaryFolder source;
  REQUIRE(write_durably(source / "file", as_bytes("content")));
  REQUIRE(world.back_up(source.path(), copies(2)).state == "complete");
  const std::string vault = "/v1/vaults/" + world.vault().descriptor().vault.hex();
  ClientOptions options;
  SeededRandom random(99);
  const TestAuthority other_authority(random);
  options.host = "127.0.0.1", options.port = world.daemon(0).port(), options.tls = other_authority.tls(world.host(), {Role::agent});
  HttpClient stranger(std::move(options), system_clock());
  HttpRequest request;
  request.path = vault + "/records";
  CHECK(stranger.exchange(request, {}).has_error());  // another authority's certificate gets nowhere
  HttpClient agent = client_of(world, {Role::agent});
  const HttpResponse listed = agent.exchange(request, {}).value();
  CHECK(listed.status == 200);
  CHECK(as_text(listed.body).find("\"revision\":1") != std::string_view::npos);
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
