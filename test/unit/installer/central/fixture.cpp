#include "test/unit/installer/central/fixture.h"

#include "lib/wire/json.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::central {

TestCentral::TestCentral() {
  init_central({.state = state_path(), .recovery_file = folder / "recovery", .admin_file = {}, .print_recovery = {}}, clock, random);
}

TestHost::TestHost(const Delegation& trusted, uint64_t seed)
    : random(seed), id(random.id<HostId>()), signer(SigningKey::make(random)),
      vault(vault_id_of(id, signer.public_key())), keys(VaultKeys::make(vault, random)), own(OpeningKey::make(random)), trust(trusted) {
  VaultDescriptor facts;
  facts.vault = vault;
  facts.owner = id;
  facts.created = Time{1};
  facts.signer = signer.public_key();
  descriptor = write_descriptor(facts, signer);
  recipients = {{RecipientRole::escrow, trust.escrow}, {RecipientRole::recovery, trust.recovery.at(0)}, {RecipientRole::host, own.recipient()}};
  const PackId pack = random.id<PackId>();
  const HostId first = random.id<HostId>();
  block = block_of(pack, copies(2), {first, random.id<HostId>()});
}

Bytes TestHost::block_of(const PackId& of_pack, Layout layout, std::vector<HostId> places) const {
  PackEntry pack;
  pack.pack = of_pack;
  pack.layout = layout;
  pack.pack_length = layout.data == 1 ? 4096 : pack_lengths(1 << 20, layout).pack;
  pack.places = std::move(places);
  return write_pack_list_block({.vault = vault, .first = 0, .entries = {pack}});
}

void TestHost::place(Layout layout, const std::vector<HostId>& places) { block = block_of(random.id<PackId>(), layout, places); }

Bytes TestHost::key_record(const std::vector<Recipient>& to) {
  return make_key_record({.vault = vault, .created = Time{1}, .recipients = to}, keys, signer, random).value();
}

Bytes TestHost::record(const SnapshotId& snapshot, uint32_t revision, const std::string& job) {
  SecondMetadata metadata;
  metadata.job = job;
  metadata.host = calls_itself;
  metadata.playbook = "nightly";
  metadata.files = 3;
  metadata.bytes = 1000;
  metadata.paths = {"/srv"};
  metadata.redundancy = {.data = 1, .parity = 1};
  SnapshotDraft draft;
  draft.public_section.vault = vault;
  draft.public_section.snapshot = snapshot;
  draft.public_section.revision = revision;
  draft.public_section.state.degraded = revision > 1;      // why agents write another one
  draft.public_section.sequence = ++sequence;
  draft.public_section.host = id;
  draft.public_section.job = of_job.value_or(JobId::from(sha256(as_bytes(job)).bytes().first(16)));
  draft.public_section.began = Time{static_cast<int64_t>(sequence) * 1'000'000'000};
  draft.public_section.data_packs = {.packs = 1, .blocks = {pack_list_digest(block)}};
  draft.second = to_json(metadata);
  draft.recipients = {trust.catalogue, trust.recovery.at(0)};
  return write_snapshot_record(draft, keys.metadata(), signer, random);
}

}  // namespace sparekeep::central
