#include "agent/backup/local_vault.h"

#include <algorithm>

#include "lib/base/own_file.h"
#include "lib/base/text.h"
#include "lib/vault/prelude.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kVaultFileSizeMax = 64 * 1024;
constexpr WriteOptions kPrivate{.mode = 0600, .replace = true};

Result<void> write_secret(const Path& file, const Secret& secret) { return write_durably(file, secret.reveal(), kPrivate); }

Result<Secret> read_secret(const Path& file) {
  Result<Bytes> bytes = read_own_file(file, 32);
  if (!bytes) return bytes.error();
  if (bytes->size() != 32) return Error(ErrorKind::corrupt, in_quotes(file.native()) + " does not hold a key of 32 bytes");
  return Secret(std::move(*bytes));
}

// The name of a finished vault's folder is its id; one that is being made has another name.
Result<VaultId> find_vault(const Path& folder) {
  const Result<std::vector<std::string>> names = list_folder(folder);
  if (!names && names.error().kind() != ErrorKind::not_found) return names.error();
  for (const std::string& name : names ? *names : std::vector<std::string>())
    if (const Result<VaultId> vault = VaultId::parse(name)) return *vault;
  return Error(ErrorKind::not_found, "this host has no vault yet: nothing was backed up");
}

}  // namespace

namespace {

// Of a vault that is there: what is missing is no sign that there is none.
Error missing(const Path& folder, const Error& error) {
  if (error.kind() != ErrorKind::not_found) return error;
  return Error(ErrorKind::corrupt, "the vault " + in_quotes(folder.native()) + " has lost a file: " + error.text() +
                                       "; bring it back, or move the folder away to begin a new vault");
}

}  // namespace

Result<LocalVault> LocalVault::load(const Path& folder, const VaultId& vault) {
  LocalVault loaded;
  loaded.folder_ = folder;
  Result<Bytes> descriptor = read_own_file(folder / "descriptor", kVaultFileSizeMax);
  if (!descriptor) return missing(folder, descriptor.error());
  const Result<VaultDescriptor> facts = read_descriptor(*descriptor);
  if (!facts) return facts.error().during(in_quotes(folder.native()));
  Result<Secret> key = read_secret(folder / "vault.key"), seed = read_secret(folder / "signer.key");
  if (!key) return missing(folder, key.error());
  if (!seed) return missing(folder, seed.error());
  loaded.descriptor_ = *facts;
  loaded.descriptor_object_ = std::move(*descriptor);
  loaded.keys_ = std::make_unique<VaultKeys>(vault, std::move(*key));
  loaded.signer_ = std::make_unique<SigningKey>(std::move(*seed));
  if (loaded.signer_->public_key() != facts->signer || facts->vault != vault)
    return Error(ErrorKind::corrupt, in_quotes(folder.native()) + ": key and descriptor do not fit");
  if (Result<Bytes> record = read_own_file(folder / "key-record", kVaultFileSizeMax)) loaded.key_record_object_ = std::move(*record);
  return loaded;
}

Result<LocalVault> LocalVault::open(const Path& state) {
  const Result<VaultId> vault = find_vault(state / "vaults");
  if (!vault) return vault.error();
  return load(state / "vaults" / vault->hex(), *vault);
}

namespace {

Bytes write_head(const SnapshotHead& head) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::vault_head);
  writer.u64(head.sequence), writer.raw(head.record.bytes());
  return writer.take();
}

// Everything of a new vault in a folder that has its name only when it is whole.
Result<void> make_vault(const Path& vaults, const HostId& host, Clock& clock, Random& random) {
  const SigningKey signer = SigningKey::make(random);
  const VaultId vault = vault_id_of(host, signer.public_key());
  const VaultKeys keys = VaultKeys::make(vault, random);
  VaultDescriptor descriptor{.vault = vault, .owner = host, .created = clock.now()};
  descriptor.signer = signer.public_key();
  const Path making = vaults / ("making-" + vault.hex());
  Result<void> done = make_folders(making, 0700);
  if (done) done = write_secret(making / "vault.key", keys.vault_key());
  if (done) done = write_secret(making / "signer.key", signer.seed());
  if (done) done = write_durably(making / "descriptor", write_descriptor(descriptor, signer), kPrivate);
  if (done) done = write_durably(making / "head", write_head({}), kPrivate);
  if (!done) return done;
  if (::rename(making.c_str(), (vaults / vault.hex()).c_str()) != 0) return system_error("making the vault", errno);
  return sync_folder(vaults);
}

}  // namespace

Result<LocalVault> LocalVault::open_or_make(const Path& state, const HostId& host, const VaultRecipients& recipients, Clock& clock,
                                            Random& random) {
  Result<LocalVault> vault = open(state);
  if (!vault && vault.error().kind() == ErrorKind::not_found) {
    if (const Result<void> made = make_vault(state / "vaults", host, clock, random); !made) return made.error();
    vault = open(state);
  }
  if (!vault) return vault;
  if (const Result<void> sealed = vault->renew_key_record(recipients, clock, random); !sealed) return sealed.error();
  return vault;
}

namespace {

// Of earlier releases, a vault has no head before its first record.
bool remembers_snapshots(const Path& folder) {
  const Result<std::vector<std::string>> names = list_folder(folder);
  return !names || std::any_of(names->begin(), names->end(), [](const std::string& name) { return name.ends_with(".snapshot"); });
}

}  // namespace

Result<SnapshotHead> LocalVault::head() const {
  const Result<Bytes> bytes = read_own_file(folder_ / "head", kPreludeSize + 8 + Digest::kSize);
  if (!bytes && bytes.error().kind() == ErrorKind::not_found && !remembers_snapshots(folder_)) return SnapshotHead{};
  if (!bytes) return missing(folder_, bytes.error());
  ByteReader reader(*bytes);
  if (const Result<void> prelude = read_prelude(reader, ObjectKind::vault_head); !prelude)
    return prelude.error().during(in_quotes((folder_ / "head").native()));
  const SnapshotHead head{reader.u64(), Digest::read(reader)};
  if (const Result<void> whole = reader.finish(in_quotes((folder_ / "head").native())); !whole) return whole.error();
  return head;
}

Result<void> LocalVault::set_head(const SnapshotHead& head) {
  return write_durably(folder_ / "head", write_head(head), kPrivate);
}

// The key record follows the recipients of the delegation: a new one is made when they have changed, never otherwise.
Result<void> LocalVault::renew_key_record(const VaultRecipients& wanted, Clock& clock, Random& random) {
  if (!key_record_object_.empty()) {
    const Result<KeyRecord> record = KeyRecord::read(key_record_object_, descriptor_.signer);
    if (record && record->recipients() == wanted.recipients) return {};
  }
  Result<Bytes> made = make_key_record({descriptor_.vault, descriptor_.epoch, clock.now(), wanted.recipients}, *keys_, *signer_, random);
  if (!made) return made.error();
  key_record_object_ = std::move(*made);
  return write_durably(folder_ / "key-record", key_record_object_, kPrivate);
}

}  // namespace sparekeep::agent
