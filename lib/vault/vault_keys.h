// The keys of a vault, all derived from the vault key (docs/format.md, "Keys"). The metadata key alone gives MetadataKeys:
// whoever holds it can browse and read no content.
#pragma once

#include "lib/base/random.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/secret.h"

namespace sparekeep {

constexpr size_t kVaultKeySize = 32;

struct PackKeys {                                     // of one kind of packs
  Secret chunk_id_key;
  Secret pack_key;
};

class MetadataKeys {
 public:
  MetadataKeys(const VaultId& vault, Secret metadata_key);
  const Secret& metadata_key() const { return metadata_key_; }
  const PackKeys& packs() const { return packs_; }    // of metadata packs: manifest and table chunks
  const Secret& record_key() const { return record_key_; }   // of the vault part of snapshot records

 private:
  Secret metadata_key_;
  PackKeys packs_;
  Secret record_key_;
};

class VaultKeys {
 public:
  static VaultKeys make(const VaultId& vault, Random& random);
  VaultKeys(const VaultId& vault, Secret vault_key);
  const Secret& vault_key() const { return vault_key_; }
  const PackKeys& packs() const { return packs_; }    // of data packs
  const Secret& splitter_key() const { return splitter_key_; }
  const Digest& key_check() const { return key_check_; }     // public: stands in the key record
  const MetadataKeys& metadata() const { return metadata_; }

 private:
  Secret vault_key_;
  PackKeys packs_;
  Secret splitter_key_;
  Digest key_check_;
  MetadataKeys metadata_;
};

}  // namespace sparekeep
