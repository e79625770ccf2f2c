// The journal of stored packs: what is whole is kept whatever a crash tears, for each job apart.
#include "agent/backup/journal.h"

#include <unistd.h>

#include <fstream>

#include "lib/base/random.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

StoredPack pack_of(Random& random) {
  StoredPack pack;
  pack.entry = {random.id<PackId>(), PackKind::data, {2, 1}, 131072, {random.id<HostId>(), HostId(), random.id<HostId>()}};
  for (uint32_t i = 0; i < 3; ++i) pack.chunks.push_back({random.id<ChunkId>(), i, i * 100, 100, 90, Codec::zstd});
  return pack;
}

struct World {
  Path file(const JobId& of) const { return folder / (of.hex() + ".stored-packs"); }
  TemporaryFolder folder;
  SeededRandom random{5};
  JobId job = random.id<JobId>();
};

}  // namespace

TEST_CASE("what was appended is read again, by this run and the next") {
  World world;
  Journal journal(world.folder.path(), world.job);
  CHECK(journal.read().empty());
  const StoredPack first = pack_of(world.random), second = pack_of(world.random);
  journal.append(first), journal.append(second);
  const std::vector<StoredPack> packs = Journal(world.folder.path(), world.job).read();
  REQUIRE(packs.size() == 2);
  CHECK(packs[0].entry == first.entry);
  CHECK(packs[1].chunks == second.chunks);
}

TEST_CASE("an entry that was torn at any byte swallows nothing that comes after it") {
  World world;
  Journal(world.folder.path(), world.job).append(pack_of(world.random));
  const std::string one = read_text(world.file(world.job), 1 << 20).value();
  Journal(world.folder.path(), world.job).append(pack_of(world.random));
  const std::string two = read_text(world.file(world.job), 1 << 20).value();
  for (size_t length = 0; length <= two.size(); length += 7) {
    std::ofstream(world.file(world.job), std::ios::binary) << two.substr(0, length);
    Journal next(world.folder.path(), world.job);
    const size_t whole = next.read().size();
    CHECK(whole == (length < one.size() ? 0u : length < two.size() ? 1u : 2u));
    next.append(pack_of(world.random)), next.append(pack_of(world.random));
    CHECK(next.read().size() == whole + 2);
  }
}

TEST_CASE("a journal of another format is begun anew") {
  World world;
  std::ofstream(world.file(world.job), std::ios::binary) << std::string(500, 'x');
  Journal journal(world.folder.path(), world.job);
  CHECK(journal.read().empty());
  journal.append(pack_of(world.random));
  CHECK(journal.read().size() == 1);
}

TEST_CASE("a job reads what others have stored and clears only its own") {
  World world;
  Journal mine(world.folder.path(), world.job), other(world.folder.path(), world.random.id<JobId>());
  mine.append(pack_of(world.random)), other.append(pack_of(world.random));
  CHECK(mine.read().size() == 2);
  mine.clear();
  CHECK(mine.read().size() == 1);
  CHECK(other.read().size() == 1);
  mine.append(pack_of(world.random));
  CHECK(mine.read().size() == 2);
}

TEST_CASE("a journal that is full keeps what it has, gets no more, and gets more again when it was cleared") {
  constexpr uint64_t kSizeMax = 1000;
  World world;
  Journal small(world.folder.path(), world.job, kSizeMax);
  std::vector<StoredPack> packs;
  for (int i = 0; i < 20; ++i) small.append(packs.emplace_back(pack_of(world.random)));
  const uint64_t size = std::filesystem::file_size(world.file(world.job));
  const std::vector<StoredPack> read = small.read();
  REQUIRE(read.size() > 2);
  REQUIRE(read.size() < 10);
  for (size_t i = 0; i < read.size(); ++i) CHECK(read[i].entry == packs[i].entry);
  CHECK(size >= kSizeMax);
  Journal(world.folder.path(), world.job, kSizeMax).append(pack_of(world.random));       // the next run
  CHECK(std::filesystem::file_size(world.file(world.job)) == size);
  CHECK(small.read().size() == read.size());
  small.clear();
  small.append(packs.back());
  CHECK(small.read().size() == 1);
}

TEST_CASE("of a journal that is larger than is read nothing is cut off") {
  World world;
  Journal large(world.folder.path(), world.job);
  for (int i = 0; i < 20; ++i) large.append(pack_of(world.random));
  const uint64_t size = std::filesystem::file_size(world.file(world.job));
  Journal small(world.folder.path(), world.job, size / 2);
  small.append(pack_of(world.random));
  CHECK(std::filesystem::file_size(world.file(world.job)) == size);
  CHECK(small.read().size() == 10);
  CHECK(large.read().size() == 20);
}

TEST_CASE("a journal of many pieces is read as it was written, and goes on at its end") {
  World world;
  constexpr size_t kPacks = 200, kChunks = 300;          // about 3 MiB
  std::vector<StoredPack> packs(kPacks, pack_of(world.random));
  Journal journal(world.folder.path(), world.job);
  for (StoredPack& pack : packs) {
    pack.entry.pack = world.random.id<PackId>();
    for (uint32_t i = 3; i < kChunks; ++i) pack.chunks.push_back({world.random.id<ChunkId>(), i, i * 100, 100, 90, Codec::zstd});
    journal.append(pack);
  }
  REQUIRE(std::filesystem::file_size(world.file(world.job)) > 2u << 20);
  Journal(world.folder.path(), world.job).append(packs.front());
  const std::vector<StoredPack> read = journal.read();
  REQUIRE(read.size() == kPacks + 1);
  for (size_t i = 0; i < kPacks; ++i) {
    CHECK(read[i].entry == packs[i].entry);
    CHECK(read[i].chunks == packs[i].chunks);
  }
}

TEST_CASE("a journal that cannot be read is not cut off") {
  World world;
  Journal(world.folder.path(), world.job).append(pack_of(world.random));
  const uint64_t size = std::filesystem::file_size(world.file(world.job));
  std::filesystem::permissions(world.folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(world.file(world.job), std::filesystem::perms::others_write);       // who may write, and not read
  CHECK((::geteuid() != 0 || ::seteuid(65534) == 0));
  Journal(world.folder.path(), world.job).append(pack_of(world.random));
  CHECK(::seteuid(::getuid()) == 0);
  CHECK(std::filesystem::file_size(world.file(world.job)) == size);
}
