// Recognised or cut: a content gives the same chunks, whatever was stored before and however its bytes come.
#include "agent/backup/large_content.h"

#include <algorithm>

#include "lib/crypt/digest.h"
#include "lib/vault/vault_keys.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr ChunkSizes kSizes{.minimum = 8192, .average = 16384, .maximum = 65536};

struct Taken final : CutChunkSink {
  Bytes chunk(CutChunk chunk) override {
    Chunk taken{ChunkId::from(sha256(chunk.bytes).bytes()), static_cast<uint32_t>(chunk.bytes.size())};
    if (marks && chunk.recurs)
      marks->put({ChunkMarks::beginning_of(chunk.bytes), taken.length, gmac->of(chunk.bytes), taken.id});
    if (chunk.recurs) ++recurring;
    tickets.push_back(chunk.ticket), chunks.push_back(taken);
    return {};
  }
  void stored_chunk(Ticket ticket, const ChunkId& id, uint32_t length) override { ++recognised, tickets.push_back(ticket), chunks.push_back({id, length}); }

  struct Chunk {
    ChunkId id;
    uint32_t length = 0;
    bool operator==(const Chunk&) const = default;
  };
  ChunkMarks* marks = nullptr;
  Gmac* gmac = nullptr;
  std::vector<Chunk> chunks;
  std::vector<Ticket> tickets;
  size_t recognised = 0, recurring = 0;
};

struct World {
  World() : marks(folder.path(), 1000, random), gmac(marks.key()), table(VaultKeys::make(VaultId(), random).splitter_key()) {}

  // In pieces as the lane wants them, or smaller ones.
  Taken read(ByteSpan bytes, bool recognising, size_t piece_max = 1 << 20) {
    Taken taken;
    taken.marks = &marks, taken.gmac = &gmac;
    ChunkRecogniser recogniser(marks, {own, known});
    Ticket next = 0;
    LargeContent lane(table, kSizes, recognising ? &recogniser : nullptr, taken, next);
    std::vector<ContentRef> content;
    for (size_t at = 0; at < bytes.size();) {
      const size_t piece = std::min({bytes.size() - at, lane.wanted(), static_cast<size_t>(1 + random.below(piece_max))});
      lane.push(bytes.subspan(at, piece), content);
      at += piece;
    }
    lane.finish(content);
    check_references(content, taken, bytes.size());
    return taken;
  }
  static void check_references(const std::vector<ContentRef>& content, const Taken& taken, uint64_t length) {
    REQUIRE(content.size() == taken.chunks.size());
    for (size_t i = 0; i < content.size(); ++i) {
      CHECK((content[i].chunk == i && taken.tickets[i] == i && content[i].offset == 0 && content[i].length == taken.chunks[i].length));
      length -= content[i].length;
    }
    CHECK(length == 0);
  }
  void store(const Taken& taken) {
    const PackEntry pack{.pack = random.id<PackId>()};
    for (const Taken::Chunk& chunk : taken.chunks) known.add(pack, {.id = chunk.id, .plain_length = chunk.length});
  }
  Bytes content(size_t length) {
    Bytes bytes(length);
    random.fill(bytes);
    return bytes;
  }

  SeededRandom random{5};
  TemporaryFolder folder;
  ChunkMarks marks;
  Gmac gmac;
  GearTable table;
  KnownChunks known;
  ChunkNumbers own{{}, {}, {}};
};

}  // namespace

TEST_CASE("what is stored is recognised, but for the end of the file, which nothing but its end has cut") {
  World world;
  const Bytes content = world.content(2'000'000);
  const Taken first = world.read(content, true);
  CHECK(first.recognised == 0);
  world.store(first);
  const Taken second = world.read(content, true);
  CHECK(second.chunks == first.chunks);
  CHECK(second.recognised == first.recurring);
  CHECK(second.recognised >= first.chunks.size() - 1);
}

TEST_CASE("what is marked and not stored is cut") {
  World world;
  const Bytes content = world.content(500'000);
  const Taken first = world.read(content, true);
  CHECK(world.read(content, true).recognised == 0);
}

TEST_CASE("changed, moved, cut off or repeated: the chunks are those of the splitter alone") {
  World world;
  const Bytes before = world.content(1'000'000);
  world.store(world.read(before, true));
  for (int round = 0; round < 60; ++round) {
    Bytes now = before;
    for (uint64_t edits = 1 + world.random.below(4); edits > 0; --edits) {
      const auto at = static_cast<ptrdiff_t>(world.random.below(now.size()));
      const Bytes other = world.content(1 + world.random.below(30'000));
      if (edits % 4 == 1) std::copy_n(other.begin(), std::min<ptrdiff_t>(std::ssize(other), std::ssize(now) - at), now.begin() + at);
      else if (edits % 4 == 2) now.insert(now.begin() + at, other.begin(), other.end());
      else if (edits % 4 == 3) now.erase(now.begin() + at, now.begin() + std::min<ptrdiff_t>(at + std::ssize(other), std::ssize(now)));
      else append(now, before);
    }
    if (round % 5 == 0) now.resize(world.random.below(now.size()));
    const Taken plain = world.read(now, false), recognising = world.read(now, true, round % 2 == 0 ? 1 << 20 : 3000);
    CHECK(recognising.chunks == plain.chunks);
    if (round % 5 != 0) CHECK(recognising.recognised > 20);
  }
}

TEST_CASE("chunks that begin alike are told apart by their length and their bytes") {
  World world;
  const Bytes beginning = world.content(ChunkMarks::kBeginning);
  for (int i = 0; i < 6; ++i) {
    Bytes content = beginning;
    append(content, world.content(100'000));
    world.store(world.read(content, true));
    Bytes changed = content;
    changed[6000] ^= 1;
    CHECK(world.read(changed, true).chunks == world.read(changed, false).chunks);
    CHECK(world.read(content, true).chunks == world.read(content, false).chunks);
  }
}

TEST_CASE("a mark that is not as long as the chunk it names is passed over, and what begins like it is cut") {
  World world;
  const Bytes content = world.content(500'000);
  const Taken first = world.read(content, true);
  world.store(first);
  const ByteSpan part = ByteSpan(content).first(first.chunks[0].length - 100);
  world.marks.put({ChunkMarks::beginning_of(part), static_cast<uint32_t>(part.size()), world.gmac.of(part), first.chunks[0].id});
  const Taken second = world.read(content, true);
  CHECK(second.chunks == first.chunks);
  CHECK(second.recognised == first.recurring);
}
