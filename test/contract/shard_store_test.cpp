// What lib/store/shard_store.h promises, of every implementation: in memory, and a daemon behind TLS.
#include <algorithm>

#include "lib/crypt/digest.h"
#include "lib/store/memory_store.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"
#include "test/chain/test_daemons.h"
#include "test/support/catch.h"
#include "test/support/pack_world.h"
#include "test/support/written_vault.h"

using namespace sparekeep;

namespace {

class StoreUnderTest {                               // a store, and a vault that may write to it
 public:
  virtual ~StoreUnderTest() = default;
  virtual ShardStore& store() = 0;
  WrittenVault vault{7, system_clock()};
};

class InMemory final : public StoreUnderTest {
 public:
  ShardStore& store() override { return store_; }

 private:
  MemoryStore store_{"memory", HostId{{9}}, system_clock()};
};

class BehindTls final : public StoreUnderTest {
 public:
  ShardStore& store() override { return *store_; }

 private:
  SeededRandom random_{11};
  TestAuthority authority_{random_};
  TestDaemon daemon_{"daemon", authority_, random_, system_clock()};
  std::shared_ptr<ShardStore> store_ = daemon_.store(authority_.tls(vault.host, {Role::agent}), system_clock());
};

Deadline soon() { return Deadline(system_clock(), std::chrono::seconds(30)); }

template <typename T>
ErrorKind kind_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().kind();
}

Result<Bytes> range_of(ShardStore& store, const ShardId& shard, uint64_t offset, size_t length, const Deadline& deadline) {
  Bytes bytes(length);
  if (const Result<void> got = store.get_range(shard, offset, bytes, deadline); !got) return got.error();
  return bytes;
}

struct Shards {                                      // of one pack of the vault, ready to be put
  explicit Shards(WrittenVault& vault) {
    PackWriter writer({vault.vault, 1, PackKind::data, layout, 1 << 20}, vault.keys.packs(), vault.signer, vault.random);
    Bytes plain(300'000);
    vault.random.fill(plain);
    writer.add(ChunkNamer(vault.keys.packs()).id_of(plain), static_cast<uint32_t>(plain.size()), Compressor::as_it_is(plain));
    sealed = writer.close();
    for (uint8_t i = 0; i < 4; ++i) ids.push_back({vault.vault, sealed.header.pack, layout, i});
  }
  Result<void> put(ShardStore& store, size_t i) const { return store.put(ids[i], sealed.shards[i].head, sealed.shards[i].payload, soon()); }
  Layout layout{2, 2};
  SealedPack sealed;
  std::vector<ShardId> ids;
};

}  // namespace

TEMPLATE_TEST_CASE("shards: put if absent, got back whole and in parts, named when missing", "", InMemory, BehindTls) {
  TestType world;
  ShardStore& store = world.store();
  world.vault.introduce({&store});
  const Shards shards(world.vault);
  const SealedShard& second = shards.sealed.shards[1];

  CHECK(kind_of(store.get_head(shards.ids[1], soon())) == ErrorKind::not_found);
  CHECK(kind_of(range_of(store, shards.ids[1], 0, 1, soon())) == ErrorKind::not_found);
  CHECK(kind_of(store.get_shard(shards.ids[1], soon())) == ErrorKind::not_found);
  REQUIRE(shards.put(store, 1).has_value());
  REQUIRE(shards.put(store, 1).has_value());         // the same again is good
  CHECK(store.has(shards.ids, soon()).value() == std::vector<bool>{false, true, false, false});
  CHECK(store.has({}, soon()).value().empty());

  CHECK(store.get_head(shards.ids[1], soon()).value() == second.head);
  CHECK(store.get_shard(shards.ids[1], soon()).value().payload == Bytes(second.payload.begin(), second.payload.end()));
  const Bytes part(second.payload.begin() + 100, second.payload.begin() + 5100);
  CHECK(range_of(store, shards.ids[1], 100, 5000, soon()).value() == part);
  CHECK(range_of(store, shards.ids[1], 0, 0, soon()).value().empty());
  CHECK(range_of(store, shards.ids[1], 0, second.payload.size(), soon()).value() == Bytes(second.payload.begin(), second.payload.end()));
}

TEMPLATE_TEST_CASE("shards: a range past the end is no short answer", "", InMemory, BehindTls) {
  TestType world;
  ShardStore& store = world.store();
  world.vault.introduce({&store});
  const Shards shards(world.vault);
  REQUIRE(shards.put(store, 0).has_value());
  const size_t size = shards.sealed.shards[0].payload.size();
  CHECK_FALSE(range_of(store, shards.ids[0], size - 10, 11, soon()).has_value());
  CHECK_FALSE(range_of(store, shards.ids[0], size, 1, soon()).has_value());
  CHECK_FALSE(range_of(store, shards.ids[0], UINT64_MAX - 4, 10, soon()).has_value());
}

TEMPLATE_TEST_CASE("objects: listed, got back, never replaced by others", "", InMemory, BehindTls) {
  TestType world;
  ShardStore& store = world.store();
  const VaultId vault = world.vault.vault;
  CHECK(store.list_vaults(soon()).value().empty());
  CHECK(store.list_objects(vault, StoredKind::key_record, soon()).value().empty());
  CHECK(kind_of(store.get_object(vault, StoredKind::descriptor, "1", soon())) == ErrorKind::not_found);
  world.vault.introduce({&store});
  CHECK(store.list_vaults(soon()).value() == std::vector<VaultId>{vault});
  const std::vector<ObjectEntry> keys = store.list_objects(vault, StoredKind::key_record, soon()).value();
  REQUIRE(keys.size() == 1);
  CHECK(sha256(store.get_object(vault, StoredKind::key_record, keys[0].name, soon()).value()).hex() == keys[0].name);

  const Bytes descriptor = store.get_object(vault, StoredKind::descriptor, "1", soon()).value();
  CHECK(store.put_object(vault, StoredKind::descriptor, "1", descriptor, soon()).has_value());
  VaultDescriptor other = world.vault.descriptor;
  other.created = other.created + std::chrono::seconds(1);
  CHECK(kind_of(store.put_object(vault, StoredKind::descriptor, "1", write_descriptor(other, world.vault.signer), soon())) == ErrorKind::exists);
  CHECK(store.get_object(vault, StoredKind::descriptor, "1", soon()).value() == descriptor);
}

TEMPLATE_TEST_CASE("records: in force with all that they claim, refused by name of what is missing", "", InMemory, BehindTls) {
  TestType world;
  ShardStore& store = world.store();
  const VaultId vault = world.vault.vault;
  world.vault.introduce({&store});
  VaultWriteOptions options;
  options.layout = {1, 0};
  SeededRandom random(3);
  const SnapshotRecord record = world.vault.write(test_files(random, 10), {&store}, options);
  const std::vector<ObjectEntry> records = store.list_objects(vault, StoredKind::record, soon()).value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].received.nanoseconds > 0);
  CHECK(store.get_object(vault, StoredKind::record, records[0].name, soon()).value() == record.object());
  RecordTallies tallies;
  tallies[vault].add(vault, records[0].name);
  CHECK(store.tally_records(soon()).value() == tallies);
  const std::optional<NewestRecord> newest = store.facts_for(vault, soon()).value().newest;
  REQUIRE(newest);
  CHECK(newest->name == records[0].name);
  CHECK(newest->sequence == record.public_section().sequence);
  CHECK_FALSE(store.facts_for(random.id<VaultId>(), soon()).value().newest);
  CHECK(store.put_record(vault, records[0].name, record.object(), soon()).value().committed());   // again is good
  CHECK(store.tally_records(soon()).value() == tallies);
  tallies[vault].add(vault, record_name(world.vault.write(test_files(random, 3), {&store}, options).public_section().snapshot, 1));
  CHECK(store.tally_records(soon()).value() == tallies);
  CHECK(tallies[vault].count == 2);

  TestType empty;                                    // the same record where its blocks are not
  empty.vault.introduce({&empty.store()});
  const CommitAnswer answer = empty.store().put_record(vault, records[0].name, record.object(), soon()).value();
  CHECK_FALSE(answer.committed());
  CHECK(answer.missing_blocks.size() == record.public_section().data_packs.blocks.size() + record.public_section().metadata_packs.blocks.size());
  CHECK(empty.store().list_objects(vault, StoredKind::record, soon()).value().empty());
}

TEST_CASE("an older daemon, which tells no figures, is asked for its lists") {
  SeededRandom random(5);
  const TestAuthority authority(random);
  const HostId host = random.id<HostId>();
  const VaultId vault = random.id<VaultId>();
  const HeldRecord held{.snapshot = random.id<SnapshotId>(), .revision = 2, .sequence = 1, .received = Time{1}, .digest = ""};
  Router older;
  older.add("GET", "/v1/hello", {Role::central}, [&](const HttpRequest&) { return HttpResponse::of_text(200, R"({"protocol":1,"program":"sparekeepd"})"); });
  older.add("GET", "/v1/vaults", {Role::central}, [&](const HttpRequest&) { return HttpResponse::of_text(200, to_json(NameList{{vault.hex()}})); });
  older.add("GET", "/v1/vaults/{vault}/records", {Role::central},
            [&](const HttpRequest&) { return HttpResponse::of_text(200, to_json(HeldRecords{{held}})); });
  HttpServer server({.tls = authority.tls(host, {Role::daemon}), .check = within_time(system_clock())}, older);
  REQUIRE(server.start());
  RemoteStore store({.name = "older", .host = host, .endpoint = server.endpoint(), .tls = authority.tls(random.id<HostId>(), {Role::central})}, system_clock());
  RecordTallies tallies;
  tallies[vault].add(vault, record_name(held.snapshot, held.revision));
  CHECK(store.tally_records(soon()).value() == tallies);
  const SystemFacts facts = store.facts_for(vault, soon()).value();    // neither of these
  CHECK(facts.available_bytes == UINT64_MAX);
  CHECK_FALSE(facts.newest);
}

TEST_CASE("room: a daemon says how much, memory that it does not say") {
  BehindTls daemon;
  const uint64_t available = daemon.store().facts_for(daemon.vault.vault, soon()).value().available_bytes;
  CHECK(available > 0);
  CHECK(available < UINT64_MAX);
  InMemory memory;
  CHECK(memory.store().facts_for(memory.vault.vault, soon()).value().available_bytes == UINT64_MAX);
}

TEST_CASE("a daemon gives nothing to a stranger, and says no within its deadline when it is gone") {
  SeededRandom random(5);
  const TestAuthority authority(random), stranger(random);
  TestDaemon daemon("daemon", authority, random, system_clock());
  const auto foreign = daemon.store(stranger.tls(random.id<HostId>(), {Role::agent}), system_clock());
  CHECK_FALSE(foreign->list_vaults(soon()).has_value());
  const auto known = daemon.store(authority.tls(random.id<HostId>(), {Role::agent}), system_clock());
  CHECK(known->list_vaults(soon()).has_value());
  daemon.stop();
  CHECK(kind_of(known->list_vaults(soon())) == ErrorKind::unreachable);
}
