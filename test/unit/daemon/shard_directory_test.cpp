// Shards on a daemon's disk: what is counted at its start, what is left alone, and what interrupted writes leave behind.
#include "daemon/shards/shard_directory.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <functional>

#include "daemon/shards/standing.h"
#include "daemon/shards/vault_objects.h"
#include "test/support/catch.h"
#include "test/support/ordinary_user.h"
#include "test/support/pack_world.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

namespace {

const HostId kHost{{7}};

struct World {
  World() { REQUIRE(ShardDirectory::prepare(folder / "storage", kHost)); }
  ShardDirectory open() const { return {folder / "storage", kHost, {}}; }
  ShardId put(ShardDirectory& shards, const SealedPack& pack) const {
    const ShardId id{packs.vault, pack.header.pack, pack.header.layout, 0};
    CHECK(shards.put(whole_shard(pack.shards[0]), packs.vault, id, packs.signer.public_key()).value() == ShardDirectory::Put::created);
    return id;
  }
  void write(const Path& path) const {
    REQUIRE(make_folders(path.parent_path()));
    REQUIRE(write_durably(path, as_bytes("x")));
  }
  // Of `pack`, with the id of another one in its header: all of it verifies, as a host's signer can make it.
  Bytes under_id_of(const ShardId& id, const SealedPack& pack) const {
    PackHeader header = pack.header;
    REQUIRE(header.layout == id.layout);
    header.pack = id.pack;
    Bytes object = write_shard_head(0, write_pack_header(header, packs.signer), parse_shard_head(pack.shards[0].head)->blocks);
    append(object, pack.shards[0].payload);
    return object;
  }
  Path vault_folder() const { return folder / "storage" / packs.vault.hex(); }

  TemporaryFolder folder;
  PackWorld packs;
};

}  // namespace

TEST_CASE("the grace area is counted as stored, before a restart and after it") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(300'000)}));
  const ShardId gone = world.put(shards, world.packs.pack(copies(2), {world.packs.noise(200'000)}));
  const uint64_t stored = shards.space()->stored_bytes;
  CHECK(stored > 500'000);
  REQUIRE(shards.remove_to_grace(gone));
  CHECK(shards.space()->stored_bytes == stored);
  const ShardDirectory again = world.open();
  CHECK(again.space()->stored_bytes == stored);
  CHECK(again.count() == 1);
  CHECK_FALSE(again.holds(gone));
}

TEST_CASE("a shard that is empty, cut short, longer or no file is not held, and is replaced by a good one") {
  World world;
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(200'000)});
  const Bytes object = whole_shard(pack.shards[0]);
  const auto damages = std::to_array<std::function<void(const Path&)>>({
      [](const Path& path) { std::filesystem::resize_file(path, 0); },
      [&](const Path& path) { std::filesystem::resize_file(path, object.size() / 2); },
      [&](const Path& path) { std::filesystem::resize_file(path, object.size() - 1); },
      [](const Path& path) { std::filesystem::resize_file(path, uint64_t{1} << 40); },
      [](const Path& path) { REQUIRE((std::filesystem::remove(path) && ::mkfifo(path.c_str(), 0600) == 0)); },
      [](const Path& path) { REQUIRE((std::filesystem::remove(path) && std::filesystem::create_directory(path) && write_durably(path / "file", as_bytes("x")))); },
  });
  ShardDirectory shards = world.open();
  const ShardId id = world.put(shards, pack);
  const Path path = world.folder / "storage" / id.path();
  const uint64_t stored = shards.space()->stored_bytes;
  for (const auto& damage : damages) {
    INFO("damage " << &damage - damages.data());
    damage(path);
    CHECK_FALSE(shards.holds(id, object.size()));
    CHECK_FALSE(shards.holds(id));
    CHECK(shards.names(id));
    ShardDirectory again = world.open();               // as found at a start
    CHECK_FALSE(again.holds(id, object.size()));
    CHECK_FALSE(again.holds(id));
    world.put(again, pack);
    CHECK(again.space()->stored_bytes == stored);
    CHECK(shards.holds(id, object.size()));
    CHECK(shards.holds(id));
    CHECK(read_file(path, object.size()).value() == object);
  }
  CHECK(read_text(Path(path.native() + ".set-aside") / "file", 100).value() == "x");
  CHECK(shards.space()->stored_bytes == stored);
}

TEST_CASE("a damaged shard that is replaced while its daemon runs is counted once") {
  World world;
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(200'000)});
  ShardDirectory shards = world.open();
  const ShardId id = world.put(shards, pack);
  const uint64_t stored = shards.space()->stored_bytes;
  std::filesystem::resize_file(world.folder / "storage" / id.path(), 0);
  world.put(shards, pack);
  CHECK(shards.space()->stored_bytes == stored);
  CHECK(shards.count() == 1);
}

TEST_CASE("a shard that was removed by hand and comes again is counted once") {
  World world;
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(200'000)});
  ShardDirectory shards = world.open();
  const ShardId id = world.put(shards, pack);
  const uint64_t stored = shards.space()->stored_bytes;
  std::filesystem::remove(world.folder / "storage" / id.path());
  world.put(shards, pack);
  CHECK(shards.space()->stored_bytes == stored);
  CHECK(shards.count() == 1);
}

TEST_CASE("a shard that was removed by hand needs no room but its own to come again") {
  World world;
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(3'000'000)});
  ShardDirectory shards(world.folder / "storage", kHost, {.keep_free = {}, .quota_bytes = 5'000'000});
  const ShardId id = world.put(shards, pack);
  std::filesystem::remove(world.folder / "storage" / id.path());
  world.put(shards, pack);
}

TEST_CASE("a shard that verifies is replaced by no other one, whatever the length of either") {
  World world;
  const Layout layout = GENERATE(copies(2), Layout{2, 1});
  const SealedPack first = world.packs.pack(layout, {world.packs.noise(3'000'000)});
  ShardDirectory shards = world.open();
  const ShardId id = world.put(shards, first);
  const Bytes whole = whole_shard(first.shards[0]);
  const uint64_t stored = shards.space()->stored_bytes;
  for (const size_t length : {2'500'000, 3'000'000, 3'500'000}) {
    INFO(length << " bytes in " << layout.text());
    const Bytes other = world.under_id_of(id, world.packs.pack(layout, {world.packs.noise(length)}));
    ShardDirectory again = world.open();
    for (ShardDirectory* each : {&shards, &again}) {
      const Result<ShardDirectory::Put> put = each->put(other, id.vault, id, world.packs.signer.public_key());
      REQUIRE(!put);
      CHECK(put.error().kind() == ErrorKind::exists);
      CHECK(put.error().text() == "another shard is stored as " + id.path());
      CHECK(each->holds(id, whole.size()));
      CHECK(each->space()->stored_bytes == stored);
    }
    CHECK(same_bytes(read_file(world.folder / "storage" / id.path(), 1 << 26).value(), whole));
  }
}

TEST_CASE("a shard that cannot be read now is not taken for a damaged one") {
  CHECK(as_ordinary_user([] {
          World world;
          const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(1000)});
          ShardDirectory shards = world.open();
          const ShardId id = world.put(shards, pack);
          const Path path = world.folder / "storage" / id.path();
          std::filesystem::permissions(path, std::filesystem::perms::none);
          const Result<ShardDirectory::Put> put = shards.put(world.under_id_of(id, world.packs.pack(copies(2), {world.packs.noise(1500)})), id.vault, id,
                                                             world.packs.signer.public_key());
          std::filesystem::permissions(path, std::filesystem::perms::owner_all);
          const bool stands = read_file(path, 1 << 20).value() == whole_shard(pack.shards[0]);
          return (stands ? "it stands: " : "it is gone: ") + (put ? "replaced" : put.error().text());
        }).starts_with("it stands: reading shard "));
}

TEST_CASE("a daemon without a free descriptor takes no shard for a damaged one") {
  World world;
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(1000)});
  ShardDirectory shards = world.open();
  const ShardId id = world.put(shards, pack);
  const Bytes other = world.under_id_of(id, world.packs.pack(copies(2), {world.packs.noise(1500)}));
  const Descriptor next(::open("/", O_RDONLY | O_CLOEXEC));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const Result<ShardDirectory::Put> put = shards.put(other, id.vault, id, world.packs.signer.public_key());
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(!put);
  CHECK(put.error().kind() == ErrorKind::failed);
  CHECK(put.error().text() == "reading shard " + id.path() + ": too many open files");
}

TEST_CASE("an object of a vault that cannot be read now, or that this program does not know, gives way to none") {
  CHECK(as_ordinary_user([] {
          const World world;
          ShardDirectory shards = world.open();
          VaultObjects objects(world.folder / "vaults", shards.room());
          const auto put = [&](ByteSpan object) { return objects.put_verified(world.packs.vault, VaultObject::record, "record", object); };
          const Path file = world.folder / "vaults" / world.packs.vault.hex() / "records" / "record";
          if (!put(as_bytes("first")).value()) return std::string("it was there");
          std::filesystem::permissions(file, std::filesystem::perms::none);
          const Result<bool> second = put(as_bytes("second"));
          std::filesystem::permissions(file, std::filesystem::perms::owner_all);
          return read_text(file, 100).value() + ": " + (second ? "replaced" : second.error().text());
        }).starts_with("first: reading '"));
  const World world;
  ShardDirectory shards = world.open();
  VaultObjects objects(world.folder / "vaults", shards.room());
  const auto put = [&](std::string_view object, ErrorKind judged) {
    return objects.put_verified(world.packs.vault, VaultObject::record, "record", as_bytes(object), [&](ByteSpan) -> Result<void> { return Error(judged, "x"); });
  };
  REQUIRE(put("first", ErrorKind::failed).value());
  CHECK(put("second", ErrorKind::unsupported).error().kind() == ErrorKind::exists);
  CHECK(put("second", ErrorKind::corrupt).value());
}

TEST_CASE("of what a disk says, what it gives back no more tells of damage, and nothing else") {
  for (const int fault : {EIO, EUCLEAN, EBADMSG, ELOOP}) CHECK(standing_error("reading x", fault).kind() == ErrorKind::corrupt);
  for (const int fault : {EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EINTR, ENOENT, ENOSPC, EROFS, ESTALE, ENOTCONN, ETIMEDOUT}) {
    INFO(fault);
    CHECK(standing_error("reading x", fault).kind() == ErrorKind::failed);
  }
}

TEST_CASE("a stray file does not keep a daemon from its start") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(1000)}));
  world.write(world.vault_folder() / "a stray file");
  world.write(world.vault_folder() / "ab" / "no shard");
  world.write(world.folder / "storage" / std::string(32, 'e'));          // a file with the name of a vault
  CHECK(world.open().count() == 1);
}

TEST_CASE("what interrupted writes left is removed by the daemon that serves, and by nobody who only looks") {
  World world;
  ShardDirectory shards = world.open();
  world.put(shards, world.packs.pack(copies(2), {world.packs.noise(1000)}));
  VaultObjects objects(world.folder / "vaults", shards.room());
  const std::vector<Path> leftovers{world.folder / "storage" / ".sk-1-1", world.vault_folder() / "ab" / ".sk-1-2",
                                    world.folder / "vaults" / world.packs.vault.hex() / "records" / ".sk-1-3"};
  for (const Path& path : leftovers) world.write(path);
  ShardDirectory again = world.open();
  for (const Path& path : leftovers) CHECK(std::filesystem::exists(path));
  again.remove_leftovers();
  objects.remove_leftovers();
  for (const Path& path : leftovers) CHECK_FALSE(std::filesystem::exists(path));
  CHECK(again.count() == 1);
}

TEST_CASE("objects of vaults count as stored, and are refused where quota leaves no room; what is there already is not") {
  const World world;
  const auto descriptor = [&](const VaultDescriptor& facts) { return write_descriptor(facts, world.packs.signer); };
  const HostId owner{{5}};
  VaultDescriptor facts{vault_id_of(owner, world.packs.signer.public_key()), 1, owner, Time{1}, {}, world.packs.signer.public_key()};
  const auto put = [&](VaultObjects& objects) { return objects.put_descriptor(facts.vault, std::to_string(facts.epoch), descriptor(facts), owner); };
  ShardDirectory shards(world.folder / "storage", kHost, {.keep_free = {}, .quota_bytes = 10'000});
  VaultObjects objects(world.folder / "vaults", shards.room());
  REQUIRE(put(objects).value());
  const uint64_t stored = shards.space()->stored_bytes;
  CHECK(stored > 0);
  while (facts.epoch < 20 && shards.space()->available_bytes >= 4096) {
    ++facts.epoch;
    REQUIRE(put(objects).value());
  }
  ++facts.epoch;
  CHECK(put(objects).error().kind() == ErrorKind::no_space);
  --facts.epoch;
  CHECK_FALSE(put(objects).value());
  const uint64_t all = shards.space()->stored_bytes;
  ShardDirectory again(world.folder / "storage", kHost, {});
  const VaultObjects counted(world.folder / "vaults", again.room());
  CHECK(again.space()->stored_bytes == all);
}

TEST_CASE("a host has a limited number of vaults on a daemon, and goes on writing to those that it has") {
  const World world;
  ShardDirectory shards = world.open();
  VaultObjects objects(world.folder / "vaults", shards.room());
  SeededRandom random(3);
  const HostId owner{{5}};
  const auto put = [&](const SigningKey& signer, uint32_t epoch) {
    const VaultDescriptor facts{vault_id_of(owner, signer.public_key()), epoch, owner, Time{1}, {}, signer.public_key()};
    return objects.put_descriptor(facts.vault, std::to_string(epoch), write_descriptor(facts, signer), owner);
  };
  const SigningKey first = SigningKey::make(random);
  REQUIRE(put(first, 1).value());
  for (size_t i = 1; i < kVaultsPerHostMax; ++i) REQUIRE(put(SigningKey::make(random), 1).value());
  CHECK(put(SigningKey::make(random), 1).error().text() == "host " + owner.hex() + " has 16 vaults here, which is the most");
  CHECK(put(first, 2).value());
  CHECK(objects.vaults().value().size() == kVaultsPerHostMax);
}

TEST_CASE("an object is answered from its file: slow readers of many take no memory") {
  const World world;
  ShardDirectory shards = world.open();
  VaultObjects objects(world.folder / "vaults", shards.room());
  REQUIRE(objects.put_verified(world.packs.vault, VaultObject::record, "record", Bytes(100'000, 7)));
  const VaultObjects::Opened opened = objects.open(world.packs.vault, VaultObject::record, "record").value();
  CHECK(opened.size == 100'000);
  CHECK(read_range(opened.file.get(), 0, opened.size).value() == Bytes(100'000, 7));
  CHECK(objects.open(world.packs.vault, VaultObject::record, "other").error().kind() == ErrorKind::not_found);
  CHECK(objects.open(world.packs.vault, VaultObject::record, "../records/record").error().kind() == ErrorKind::usage);
}

// Another folder at the path stands for an unmounted disk: what is looked at is which folder it is.
TEST_CASE("nothing is taken while the disk is not at its folder, what it holds is read, and it is found again") {
  World world;
  ShardDirectory shards = world.open();
  const Path storage = world.folder / "storage", away = world.folder / "away";
  const SealedPack first = world.packs.pack(copies(2), {world.packs.noise(100'000)}), second = world.packs.pack(copies(2), {world.packs.noise(1000)});
  const ShardId held = world.put(shards, first);
  const ShardId later{world.packs.vault, second.header.pack, second.header.layout, 0};
  const auto put = [&](const ShardId& id, const SealedPack& pack) {
    return shards.put(whole_shard(pack.shards[0]), id.vault, id, world.packs.signer.public_key());
  };
  const uint64_t stored = shards.space()->stored_bytes;
  std::filesystem::rename(storage, away);
  std::filesystem::create_directory(storage);

  const Error refused = put(later, second).error();
  CHECK(refused.kind() == ErrorKind::no_space);
  CHECK(refused.text() == "the disk of stored shards is not at '" + storage.string() + "' any more; mount it there again: until then nothing new is stored");
  CHECK(put(held, first).error().kind() == ErrorKind::no_space);
  CHECK(shards.remove_to_grace(held).error().kind() == ErrorKind::no_space);
  CHECK(std::filesystem::is_empty(storage));
  CHECK(shards.space()->available_bytes == 0);
  CHECK(shards.space()->capacity_bytes == 0);
  CHECK(shards.space()->stored_bytes == stored);
  CHECK(shards.holds(held));
  CHECK(shards.open(held)->size == whole_shard(first.shards[0]).size());
  CHECK_FALSE(shards.holds(later));

  std::filesystem::remove(storage);
  std::filesystem::rename(away, storage);
  CHECK(put(later, second).value() == ShardDirectory::Put::created);
  CHECK(shards.space()->available_bytes > 0);
}

TEST_CASE("a disk that is back as another one is taken by its marker, with what is on it and nothing else") {
  World world;
  ShardDirectory shards = world.open();
  const Path storage = world.folder / "storage", away = world.folder / "away";
  const ShardId kept = world.put(shards, world.packs.pack(copies(2), {world.packs.noise(100'000)}));
  const uint64_t stored = shards.space()->stored_bytes;
  std::filesystem::copy(storage, away, std::filesystem::copy_options::recursive);
  const ShardId lost = world.put(shards, world.packs.pack(copies(2), {world.packs.noise(50'000)}));
  std::filesystem::remove_all(storage);
  std::filesystem::create_directory(storage);
  shards.look_for_disk();
  CHECK(shards.space()->available_bytes == 0);                          // an empty folder is no disk of this host
  std::filesystem::remove(storage);
  std::filesystem::rename(away, storage);
  shards.look_for_disk();
  CHECK(shards.count() == 1);
  CHECK(shards.holds(kept));
  CHECK_FALSE(shards.holds(lost));
  CHECK(shards.space()->stored_bytes == stored);
  const SealedPack pack = world.packs.pack(copies(2), {world.packs.noise(1000)});
  CHECK(std::filesystem::exists(storage / world.put(shards, pack).path()));
}
