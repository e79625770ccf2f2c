#include "lib/vault/public_section.h"

#include <algorithm>

#include "lib/vault/pack_list.h"

namespace sparekeep {

namespace {

constexpr uint8_t kPartial = 1, kDegraded = 2, kCheckpoint = 4;

uint32_t blocks_of(uint32_t packs) { return (packs + kPackListRows - 1) / kPackListRows; }

void write_root(ByteWriter& writer, const PackListRoot& root) {
  SK_CHECK(root.packs <= kPackListRowsMax && root.blocks.size() == blocks_of(root.packs));
  writer.u32(root.packs);
  for (const Digest& digest : root.blocks) writer.raw(digest.bytes());
}

// A block says where in its list it stands, so none stands in a list twice.
bool has_twice(std::vector<Digest> blocks) {
  std::sort(blocks.begin(), blocks.end());
  return std::adjacent_find(blocks.begin(), blocks.end()) != blocks.end();
}

PackListRoot read_root(ByteReader& reader) {
  PackListRoot root;
  root.packs = reader.u32();
  if (root.packs > kPackListRowsMax) reader.fail();
  for (uint32_t i = 0; reader.ok() && i < blocks_of(root.packs); ++i) root.blocks.push_back(Digest::read(reader));
  if (has_twice(root.blocks)) reader.fail();
  return root;
}

SnapshotState read_state(ByteReader& reader) {
  const uint8_t bits = reader.u8();
  if (bits > (kPartial | kDegraded | kCheckpoint)) reader.fail();
  return {(bits & kPartial) != 0, (bits & kDegraded) != 0, (bits & kCheckpoint) != 0};
}

}  // namespace

Bytes write_public_section(const PublicSection& section) {
  ByteWriter writer;
  writer.raw(section.vault.bytes());
  writer.u32(section.epoch);
  writer.raw(section.snapshot.bytes());
  writer.u32(section.revision);
  writer.u64(section.sequence);
  writer.raw(section.previous.bytes());
  writer.raw(section.host.bytes());
  writer.raw(section.job.bytes());
  writer.raw(section.run.bytes());
  for (const Time& time : {section.began, section.ended, section.hold_until}) writer.i64(time.nanoseconds);
  const SnapshotState& state = section.state;
  writer.u8(static_cast<uint8_t>((state.partial ? kPartial : 0) | (state.degraded ? kDegraded : 0) | (state.checkpoint ? kCheckpoint : 0)));
  write_root(writer, section.data_packs);
  write_root(writer, section.metadata_packs);
  return writer.take();
}

Result<PublicSection> read_public_section(ByteSpan bytes) {
  ByteReader reader(bytes);
  PublicSection section;
  section.vault = VaultId::read(reader);
  section.epoch = reader.u32();
  section.snapshot = SnapshotId::read(reader);
  section.revision = reader.u32();
  section.sequence = reader.u64();
  section.previous = Digest::read(reader);
  section.host = HostId::read(reader);
  section.job = JobId::read(reader);
  section.run = RunId::read(reader);
  for (Time* time : {&section.began, &section.ended, &section.hold_until}) time->nanoseconds = reader.i64();
  section.state = read_state(reader);
  section.data_packs = read_root(reader);
  section.metadata_packs = read_root(reader);
  if (Result<void> end = reader.finish("the public section of the record"); !end) return end.error();
  return section;
}

}  // namespace sparekeep
