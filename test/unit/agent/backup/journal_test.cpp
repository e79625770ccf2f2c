// The journal of stored packs: what is whole is kept whatever a crash tears, for each job apart.
#include "agent/backup/journal.h"

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
