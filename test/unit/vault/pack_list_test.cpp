// The pack list: blocks, digests, and numbers that stay what they were from snapshot to snapshot.
#include "lib/vault/pack_list.h"

#include <map>

#include "lib/base/random.h"
#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/golden.h"

using namespace sparekeep;

namespace {

PackEntry entry_of(uint32_t number, Layout layout = {2, 2}) {
  PackEntry entry;
  entry.pack = PackId::from(sha256(as_bytes("pack " + std::to_string(number))).bytes());
  entry.layout = layout;
  entry.pack_length = uint64_t{layout.data} * kBlockSize * (1 + number % 9);
  SeededRandom random(number);
  for (unsigned i = 0; i < layout.count(); ++i) entry.places.push_back(random.id<HostId>());
  return entry;
}

const VaultId kVault = SeededRandom(1).id<VaultId>();

}  // namespace

TEST_CASE("any list is joined from its blocks as it was") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    PackList list;
    for (uint64_t count = 1 + random.below(2000); count > 0; --count)
      list.add(entry_of(static_cast<uint32_t>(count), random.below(2) ? Layout{2, 2} : copies(3)));
    for (uint32_t number = 0; number + 1 < list.entries().size(); ++number)
      if (random.below(10) == 0) list.remove(number);
    const std::vector<Bytes> blocks = list.blocks(kVault);
    CHECK(blocks.size() == (list.count() + kPackListRows - 1) / kPackListRows);
    CHECK(join_pack_list(kVault, PackKind::data, blocks).value() == list.entries());
  }
}

TEST_CASE("a pack keeps its number, and numbers of packs that went are given out again, lowest first") {
  PackList list;
  for (uint32_t i = 0; i < 5; ++i) CHECK(list.add(entry_of(i)) == i);
  CHECK(list.add(entry_of(3)) == 3);
  list.remove(3);
  list.remove(1);
  CHECK(list.find(entry_of(1).pack) == nullptr);
  CHECK(list.number_of(entry_of(4).pack) == 4u);

  PackList next(list.entries());
  CHECK(next.number_of(entry_of(4).pack) == 4u);
  CHECK(next.add(entry_of(7)) == 1);
  CHECK(next.add(entry_of(8)) == 3);
  CHECK(next.add(entry_of(9)) == 5);
  CHECK(next.find(entry_of(8).pack)->pack == entry_of(8).pack);
  next.remove(5);
  CHECK(next.count() == 5);
  CHECK(next.add(entry_of(9)) == 5);
}

TEST_CASE("blocks without a change keep their bytes and digest") {
  PackList list;
  for (uint32_t i = 0; i < 3 * kPackListRows; ++i) list.add(entry_of(i));
  const std::vector<Bytes> before = list.blocks(kVault);
  list.remove(kPackListRows + 5);
  list.add(entry_of(100'000));
  list.add(entry_of(100'001));
  const std::vector<Bytes> after = list.blocks(kVault);
  REQUIRE(after.size() == 4);
  CHECK(pack_list_digest(after[0]) == pack_list_digest(before[0]));
  CHECK(pack_list_digest(after[1]) != pack_list_digest(before[1]));
  CHECK(pack_list_digest(after[2]) == pack_list_digest(before[2]));
}

TEST_CASE("golden: a pack list block with an unused number, and its digest") {
  PackEntry metadata = entry_of(2, copies(3));
  metadata.kind = PackKind::metadata;
  const PackListBlock block{kVault, 512, {entry_of(0), PackEntry(), metadata}};
  const Bytes object = write_pack_list_block(block);
  CHECK(golden_difference("pack_list_block", object) == "");
  CHECK(golden_difference("pack_list_digest", pack_list_digest(object).bytes()) == "");
  const PackListBlock read = read_pack_list_block(golden_bytes("pack_list_block")).value();
  CHECK(read.vault == kVault);
  CHECK(read.first == 512);
  CHECK(read.entries == block.entries);
}

TEST_CASE("a block is refused truncated, longer, and altered beyond its ids and numbers") {
  const Bytes whole = write_pack_list_block({kVault, 0, {entry_of(0), PackEntry(), entry_of(1)}});
  for (size_t length = 0; length < whole.size(); ++length) {
    INFO("length " << length);
    CHECK(read_pack_list_block(ByteSpan(whole).first(length)).has_error());
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    INFO("byte " << at);
    Bytes altered = whole;
    altered[at] ^= static_cast<uint8_t>(1 << at % 8);
    const Result<PackListBlock> block = read_pack_list_block(altered);
    if (at >= 12 && at < 16) continue;  // optional feature bits
    if (block) CHECK(write_pack_list_block(*block) == altered);
  }
}

TEST_CASE("blocks of another vault, kind or place are refused") {
  PackList list;
  for (uint32_t i = 0; i < 2 * kPackListRows; ++i) list.add(entry_of(i));
  std::vector<Bytes> blocks = list.blocks(kVault);
  const VaultId other = SeededRandom(2).id<VaultId>();
  CHECK(join_pack_list(other, PackKind::data, blocks).error().text() == "a pack list block is of vault " + kVault.hex());
  CHECK(join_pack_list(kVault, PackKind::metadata, blocks).error().text() == "a pack list block names a pack of the other kind");
  std::swap(blocks[0], blocks[1]);
  CHECK(join_pack_list(kVault, PackKind::data, blocks).error().text() == "a pack list block is out of place");
}
