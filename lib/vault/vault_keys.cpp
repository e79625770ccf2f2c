#include "lib/vault/vault_keys.h"

#include "lib/crypt/mac.h"

namespace sparekeep {

namespace {

Secret derive(const Secret& key, const VaultId& vault, std::string_view info) {
  return hkdf_sha256(key, vault.bytes(), info, kVaultKeySize);
}

Secret fresh_key(Random& random) {
  Secret key{Bytes(kVaultKeySize)};
  random.fill(key.reveal_mutable());
  return key;
}

}  // namespace

MetadataKeys::MetadataKeys(const VaultId& vault, Secret metadata_key)
    : metadata_key_(std::move(metadata_key)),
      packs_{derive(metadata_key_, vault, "sparekeep metadata chunk id v1"), derive(metadata_key_, vault, "sparekeep metadata pack v1")},
      record_key_(derive(metadata_key_, vault, "sparekeep record v1")) {
  SK_CHECK(metadata_key_.size() == kVaultKeySize);
}

VaultKeys VaultKeys::make(const VaultId& vault, Random& random) { return VaultKeys(vault, fresh_key(random)); }

VaultKeys::VaultKeys(const VaultId& vault, Secret vault_key)
    : vault_key_(std::move(vault_key)),
      packs_{derive(vault_key_, vault, "sparekeep chunk id v1"), derive(vault_key_, vault, "sparekeep data pack v1")},
      splitter_key_(derive(vault_key_, vault, "sparekeep splitter v1")),
      key_check_(Digest::from(derive(vault_key_, vault, "sparekeep key check v1").reveal())),
      metadata_(vault, derive(vault_key_, vault, "sparekeep metadata key v1")) {
  SK_CHECK(vault_key_.size() == kVaultKeySize);
}

}  // namespace sparekeep
