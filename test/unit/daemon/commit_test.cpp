// Records: what one may claim of a daemon, and what a lost index has to be made from again.
#include "daemon/shards/commit.h"

#include "lib/base/caught.h"
#include "lib/vault/chunk_id.h"
#include "lib/vault/pack_list.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/support/written_vault.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

namespace {

const HostId kHost{{7}};

struct World {
  World() { REQUIRE(ShardDirectory::prepare(folder / "storage", kHost)); }

  // A pack of 1 + 1 whose first shard is stored on the daemon, as a row of a pack list.
  PackEntry store(ShardDirectory& shards) {
    PackWriter writer({vault.vault, 1, PackKind::data, copies(2), 1 << 20}, vault.keys.packs(), vault.signer, vault.random);
    Bytes plain(100'000);
    vault.random.fill(plain);
    writer.add(ChunkNamer(vault.keys.packs()).id_of(plain), static_cast<uint32_t>(plain.size()), Compressor::as_it_is(plain));
    const SealedPack pack = writer.close();
    const PackEntry entry{pack.header.pack, PackKind::data, pack.header.layout, pack.header.pack_length, {kHost, vault.random.id<HostId>()}};
    Bytes object = pack.shards[0].head;
    append(object, pack.shards[0].payload);
    REQUIRE(shards.put(object, vault.vault, shard_of(entry), vault.signer.public_key()).value() == ShardDirectory::Put::created);
    return entry;
  }
  ShardId shard_of(const PackEntry& entry) const { return {vault.vault, entry.pack, entry.layout, 0}; }

  void make_record(PackListRoot data_packs) { make_record(std::move(data_packs), vault.random.id<SnapshotId>()); }
  void make_record(PackListRoot data_packs, const SnapshotId& snapshot) {
    SnapshotDraft draft;
    draft.public_section.vault = vault.vault;
    draft.public_section.snapshot = snapshot;
    draft.public_section.sequence = ++sequence;
    draft.public_section.data_packs = std::move(data_packs);
    draft.second = "{}";
    draft.recipients = {vault.recovery.recipient()};
    record = write_snapshot_record(draft, vault.keys.metadata(), vault.signer, vault.random);
    name = record_name(draft.public_section.snapshot, 1);
  }
  Path file_of(VaultObject kind, const std::string& its_name) const { return folder / "vaults" / vault.vault.hex() / folder_of(kind) / its_name; }
  Path record_file() const { return file_of(VaultObject::record, name); }
  void lose_index() const {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove((folder / "index.db").native() + end);
  }

  void migrate_index() const {                        // as the daemon of a later release does it
    std::vector<std::string> steps(ShardIndex::kSchemaVersion);
    steps.push_back("ALTER TABLE pins ADD COLUMN later INTEGER NOT NULL DEFAULT 7; DROP TABLE named");
    const Database index(folder / "index.db", steps);
  }

  TemporaryFolder folder;
  WrittenVault vault{5, system_clock()};
  uint64_t sequence = 0;
  Bytes record;
  std::string name;
};

struct Daemon {
  explicit Daemon(const World& its_world)
      : world(its_world), shards(world.folder / "storage", kHost, {}), objects(world.folder / "vaults", shards.room()), index(world.folder / "index.db", system_clock()),
        commit(shards, objects, index, system_clock(), kHost) {}

  void introduce() { REQUIRE(introduce_again()); }
  bool introduce_again() {
    const Bytes descriptor = write_descriptor(world.vault.descriptor, world.vault.signer);
    return objects.put_descriptor(world.vault.vault, "1", descriptor, world.vault.host).value();
  }
  Digest put_block(const PackListBlock& block) {
    const Bytes object = write_pack_list_block(block);
    REQUIRE(objects.put_block(world.vault.vault, pack_list_digest(object).hex(), object));
    return pack_list_digest(object);
  }
  Result<CommitOutcome> take() { return commit.take(world.vault.vault, world.name, world.record); }

  const World& world;
  ShardDirectory shards;
  VaultObjects objects;
  ShardIndex index;
  Commit commit;
};

// A world with `rows` in the only block of its record, offered to a daemon.
std::string refusal_of(const std::function<std::vector<PackEntry>(World&, Daemon&)>& rows, uint32_t first = 0) {
  World world;
  Daemon daemon(world);
  daemon.introduce();
  const std::vector<PackEntry> entries = rows(world, daemon);
  world.make_record({static_cast<uint32_t>(entries.size()), {daemon.put_block({world.vault.vault, first, entries})}});
  const Result<void> taken = caught([&] { (void)daemon.take().value(); });
  CHECK_FALSE(std::filesystem::exists(world.record_file()));
  return taken ? "" : taken.error().text();
}

}  // namespace

TEST_CASE("a record claims each shard once, from blocks that stand in their places") {
  const auto one = [](World& world, Daemon& daemon) { return std::vector{world.store(daemon.shards)}; };
  CHECK(refusal_of(one, kPackListRows).ends_with("stands where it does not belong"));
  CHECK(refusal_of([](World& world, Daemon& daemon) {
          PackEntry entry = world.store(daemon.shards);
          entry.places[1] = kHost;
          return std::vector{entry};
        }).ends_with("has two shards on host " + kHost.hex()));
  CHECK(refusal_of([](World& world, Daemon& daemon) {
          const PackEntry entry = world.store(daemon.shards);
          return std::vector{entry, entry};
        }).ends_with("or another one twice"));
  CHECK(refusal_of([](World& world, Daemon& daemon) {
          PackEntry entry = world.store(daemon.shards);
          entry.kind = PackKind::metadata;
          return std::vector{entry};
        }).ends_with("stands in the list of the other kind"));
}

TEST_CASE("a shard that was cut short is missing at the commit, until it is stored anew") {
  World world;
  Daemon daemon(world);
  daemon.introduce();
  const std::vector<PackEntry> rows{world.store(daemon.shards), world.store(daemon.shards)};
  const ShardId cut = world.shard_of(rows[1]);
  const Path file = world.folder / "storage" / cut.path();
  const Bytes object = read_file(file, 1 << 20).value();
  world.make_record({2, {daemon.put_block({world.vault.vault, 0, rows})}});
  std::filesystem::resize_file(file, object.size() / 2);
  CHECK(daemon.take().value().missing_shards == std::vector{cut});
  CHECK(daemon.shards.put(object, world.vault.vault, cut, world.vault.signer.public_key()).value() == ShardDirectory::Put::created);
  CHECK(daemon.take().value().committed());
}

TEST_CASE("a record that names a block twice is none: 2 MiB of it would claim 2^31 shards") {
  World world;
  Daemon daemon(world);
  daemon.introduce();
  const Digest block = daemon.put_block({world.vault.vault, 0, std::vector<PackEntry>(kPackListRows, world.store(daemon.shards))});
  world.make_record({2 * kPackListRows, {block, block}});
  CHECK(daemon.take().error().kind() == ErrorKind::corrupt);
}

// A later release's daemon came, migrated the index, took a record, and its host went back to the release before.
TEST_CASE("an index that a later release has migrated is made again: nothing that came meanwhile is lost, and no lock ends early") {
  World world;
  const auto record_of_one = [&world](Daemon& daemon) {
    const PackEntry entry = world.store(daemon.shards);
    world.make_record({1, {daemon.put_block({world.vault.vault, 0, {entry}})}});
    REQUIRE(daemon.take().value().committed());
    return world.shard_of(entry);
  };
  std::vector<ShardId> named;
  std::optional<ShardId> unnamed;
  {
    Daemon daemon(world);
    daemon.introduce();
    named.push_back(record_of_one(daemon));
    unnamed = world.shard_of(world.store(daemon.shards));
    daemon.index.note_stored(*unnamed);
    named.push_back(record_of_one(daemon));
  }
  world.migrate_index();
  Daemon daemon(world);
  daemon.commit.reconcile();
  CHECK(daemon.index.records_of(world.vault.vault).size() == 2);
  for (const ShardId& shard : named) CHECK(daemon.commit.remove(shard, Duration(0)).error().text().find("is named by record") != std::string::npos);
  CHECK(daemon.commit.remove(*unnamed, std::chrono::hours(1)).error().text().find("is locked for another 1 h") != std::string::npos);
  CHECK(std::filesystem::exists(world.folder / ("index.db.v" + std::to_string(ShardIndex::kSchemaVersion + 1) + ".bak")));
}

TEST_CASE("with a new index, records come back into force with the time at which they came") {
  World world;
  world.make_record({});
  {
    Daemon daemon(world);
    daemon.introduce();
    REQUIRE(daemon.take().value().committed());
  }
  const auto then = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1000);
  std::filesystem::last_write_time(world.record_file(), then);
  world.lose_index();
  Daemon daemon(world);
  daemon.commit.reconcile();
  const std::vector<HeldRecordRow> held = daemon.index.records_of(world.vault.vault);
  REQUIRE(held.size() == 1);
  const Duration age = system_clock().now() - held[0].received;
  CHECK(age > std::chrono::hours(999));
  CHECK(age < std::chrono::hours(1001));
}

TEST_CASE("what a daemon says it holds in one figure is the same after a restart, and with an index made again") {
  World world;
  RecordTallies expected;
  const auto take = [&](Daemon& daemon) {
    world.make_record({});
    REQUIRE(daemon.take().value().committed());
    REQUIRE(daemon.take().value().committed());      // again: nothing more is held
    expected[world.vault.vault].add(world.vault.vault, world.name);
  };
  {
    Daemon daemon(world);
    daemon.introduce();
    CHECK(daemon.index.tallies().empty());
    take(daemon);
    take(daemon);
    CHECK(daemon.index.tallies() == expected);
  }
  {
    Daemon daemon(world);
    CHECK(daemon.index.tallies() == expected);
    take(daemon);
    CHECK(daemon.index.tallies() == expected);
  }
  world.lose_index();
  Daemon daemon(world);
  CHECK(daemon.index.tallies().empty());
  daemon.commit.reconcile();
  CHECK(daemon.index.tallies() == expected);
  CHECK(expected[world.vault.vault].count == 3);
}

TEST_CASE("a daemon knows a vault's newest record by its sequence: after a restart, too, and the first of its revisions") {
  World world;
  std::string newest;
  const auto expect = [&](const ShardIndex& index) {
    const std::optional<NewestRow> row = index.newest_of(world.vault.vault);
    REQUIRE(row);
    CHECK(row->name == newest);
    CHECK(row->sequence == 9);
  };
  {
    Daemon daemon(world);
    CHECK_FALSE(daemon.index.newest_of(world.vault.vault));
    const auto hold = [&](const std::string& name, uint64_t sequence) {
      daemon.index.pin({world.vault.vault, name}, {.name = name, .sequence = sequence, .received = {}, .digest = "", .whole = true}, [](const OnShard&) {}, [] {});
    };
    const std::string other = record_name(world.vault.random.id<SnapshotId>(), 1);
    const SnapshotId id = world.vault.random.id<SnapshotId>();
    newest = record_name(id, 1);
    hold(record_name(id, 2), 9), hold(newest, 9), hold(other, 8), hold(record_name(id, 3), 9);
    expect(daemon.index);
  }
  expect(Daemon(world).index);
}

TEST_CASE("a damaged index is set aside and made again: the daemon serves, what records name stays pinned, and locks begin anew") {
  const auto overwritten = [](Bytes index, size_t from, size_t to) {
    std::fill(index.begin() + static_cast<ptrdiff_t>(from), index.begin() + static_cast<ptrdiff_t>(to), 0x5a);
    return index;
  };
  const auto damages = std::to_array<std::function<Bytes(const Bytes&)>>({
      [&](const Bytes& index) { return overwritten(index, 0, 64); },
      [&](const Bytes& index) { return overwritten(index, 4096, 8192); },
      [&](const Bytes& index) { return overwritten(index, index.size() - 4096, index.size()); },
      [](const Bytes& index) { return Bytes(index.begin(), index.begin() + static_cast<ptrdiff_t>(index.size() / 2)); },
      [](const Bytes&) { return Bytes(10'000, 'x'); },
  });
  for (const auto& damage : damages) {
    World world;
    std::vector<PackEntry> rows;
    {
      Daemon daemon(world);
      daemon.introduce();
      rows = {world.store(daemon.shards), world.store(daemon.shards)};
      world.make_record({1, {daemon.put_block({world.vault.vault, 0, {rows[0]}})}});
      REQUIRE(daemon.take().value().created);
    }
    const Path file = world.folder / "index.db", aside = world.folder / "index.db.lost-1";
    const Bytes damaged = damage(read_file(file, 1 << 20).value());
    REQUIRE(write_durably(file, damaged));
    Daemon daemon(world);
    daemon.commit.reconcile();
    CHECK(read_file(aside, 1 << 20).value() == damaged);
    const ShardId pinned = world.shard_of(rows[0]), loose = world.shard_of(rows[1]);
    CHECK(daemon.shards.open(pinned).has_value());
    CHECK(daemon.index.records_of(world.vault.vault).size() == 1);
    CHECK(daemon.take().value().committed());
    CHECK(daemon.commit.remove(pinned, Duration(0)).error().text() == "shard " + pinned.name() + " is named by record " + world.name);
    CHECK(daemon.commit.remove(loose, std::chrono::hours(720)).error().text() == "shard " + loose.name() + " is locked for another 720 h 0 m");
    world.make_record({1, {daemon.put_block({world.vault.vault, 0, {rows[1]}})}});
    CHECK(daemon.take().value().created);
    CHECK(daemon.commit.remove(loose, Duration(0)).error().kind() == ErrorKind::locked);
  }
}

TEST_CASE("with a new index and a shard lost, the record is listed and the other shards are pinned") {
  World world;
  std::vector<PackEntry> rows;
  {
    Daemon daemon(world);
    daemon.introduce();
    rows = {world.store(daemon.shards), world.store(daemon.shards)};
    world.make_record({2, {daemon.put_block({world.vault.vault, 0, rows})}});
    REQUIRE(daemon.take().value().committed());
  }
  world.lose_index();
  REQUIRE(std::filesystem::remove(world.folder / "storage" / world.shard_of(rows[0]).path()));
  for (int starts = 0; starts < 2; ++starts) {
    Daemon daemon(world);
    daemon.commit.reconcile();
    CHECK(daemon.index.records_of(world.vault.vault).size() == 1);
    CHECK(daemon.commit.remove(world.shard_of(rows[1]), Duration(0)).error().text() ==
          "shard " + world.shard_of(rows[1]).name() + " is named by record " + world.name);
  }
}

TEST_CASE("with a new index and a pack list block lost, the record is listed and nothing of its vault is let go, at each start until it is put again") {
  World world;
  PackListBlock block{world.vault.vault, 0, {}};
  Digest digest;
  {
    Daemon daemon(world);
    daemon.introduce();
    block.entries = {world.store(daemon.shards)};
    digest = daemon.put_block(block);
    world.make_record({1, {digest}});
    REQUIRE(daemon.take().value().committed());
  }
  const ShardId shard = world.shard_of(block.entries[0]);
  world.lose_index();
  REQUIRE(std::filesystem::remove(world.file_of(VaultObject::pack_list_block, digest.hex())));
  for (int starts = 0; starts < 2; ++starts) {
    Daemon daemon(world);
    daemon.commit.reconcile();
    CHECK(daemon.index.records_of(world.vault.vault).size() == 1);
    CHECK(daemon.commit.remove(shard, Duration(0)).error().text() == "shard " + shard.name() + " is kept with all of its vault: record " + world.name +
                                                                         ": pack list block " + digest.hex() + " is missing or damaged");
  }
  Daemon daemon(world);
  daemon.commit.reconcile();
  daemon.put_block(block);
  REQUIRE(daemon.take().value().committed());
  CHECK(daemon.commit.remove(shard, Duration(0)).error().text() == "shard " + shard.name() + " is named by record " + world.name);
  CHECK(daemon.index.records_of(world.vault.vault).size() == 1);
}

TEST_CASE("where records cannot be listed, nothing is let go: no answer is not the answer that there are none") {
  World world;
  Daemon daemon(world);
  daemon.introduce();
  const ShardId shard = world.shard_of(world.store(daemon.shards));
  REQUIRE(write_durably(world.folder / "vaults" / world.vault.vault.hex() / "records", as_bytes("no folder")));
  CHECK(daemon.objects.list(world.vault.vault, VaultObject::record).has_error());
  CHECK(daemon.objects.list(world.vault.vault, VaultObject::key_record).value().empty());
  daemon.commit.reconcile();
  CHECK(daemon.commit.remove(shard, Duration(0)).error().text().starts_with("shard " + shard.name() + " is kept as all that is here: "));
  CHECK(daemon.shards.holds(shard));
}

TEST_CASE("a damaged record is not in force, keeps no daemon from its start, and nothing of its vault is let go") {
  World world;
  world.make_record({});
  Daemon daemon(world);
  daemon.introduce();
  const ShardId shard = world.shard_of(world.store(daemon.shards));
  REQUIRE(make_folders(world.record_file().parent_path()));
  REQUIRE(write_durably(world.record_file(), as_bytes("rubbish")));
  daemon.commit.reconcile();
  CHECK(daemon.index.records_of(world.vault.vault).empty());
  CHECK(daemon.commit.remove(shard, Duration(0)).error().kind() == ErrorKind::locked);
  CHECK(daemon.shards.holds(shard));
}

TEST_CASE("what is damaged on the disk is mended by putting it again, and another whole object under the name stays") {
  World world;
  Daemon daemon(world);
  daemon.introduce();
  const PackListBlock block{world.vault.vault, 0, {world.store(daemon.shards)}};
  const Digest digest = daemon.put_block(block);
  const SnapshotId snapshot = world.vault.random.id<SnapshotId>();
  world.make_record({1, {digest}}, snapshot);
  REQUIRE(daemon.take().value().created);
  const Bytes first = world.record;
  const std::vector<Path> files{world.record_file(), world.file_of(VaultObject::pack_list_block, digest.hex()), world.file_of(VaultObject::descriptor, "1")};
  const uint64_t stored = daemon.shards.room().facts().value().stored_bytes;
  for (const Path& file : files) {
    const Bytes whole = read_file(file, kVaultObjectSizeMax).value();
    Bytes flipped = whole, cut = whole;
    flipped.back() ^= 1, cut.resize(cut.size() / 2);
    for (const Bytes& damaged : {flipped, cut}) {
      REQUIRE(write_durably(file, damaged, {.mode = 0600}));
      daemon.introduce_again();
      daemon.put_block(block);
      REQUIRE(daemon.take().value().committed());
      CHECK(same_bytes(read_file(file, kVaultObjectSizeMax).value(), whole));
    }
  }
  CHECK(daemon.index.records_of(world.vault.vault).size() == 1);
  CHECK(daemon.shards.room().facts().value().stored_bytes == stored);

  world.make_record({1, {digest}}, snapshot);
  CHECK(caught([&] { (void)daemon.take().value(); }).error().kind() == ErrorKind::exists);
  CHECK(same_bytes(read_file(world.record_file(), kVaultObjectSizeMax).value(), first));
}
