// The small objects of vaults on this daemon: descriptors, key records, pack list blocks, records (docs/format.md, "On a
// daemon"), one file each below STATE/vaults/VAULT/. Put if absent or damaged, durable, each verified against the vault's descriptor,
// which the vault's owner puts first. Records come in through Commit alone. They count as stored and are refused as shards are where
// there is no room (quota, keep_free); what is here already is good whatever room there is.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "daemon/shards/space.h"
#include "lib/base/clock.h"
#include "lib/base/durable_folders.h"
#include "lib/vault/descriptor.h"

namespace sparekeep::daemon {

constexpr uint64_t kVaultObjectSizeMax = 32 << 20;
constexpr size_t kVaultsPerHostMax = 16;                  // a host makes one, and another each time its key is lost

enum class VaultObject { descriptor, key_record, pack_list_block, record };

std::string_view folder_of(VaultObject kind);             // "descriptors", "keys", "blocks", "records": also in paths of the API

class VaultObjects {
 public:
  // The folder's parent is there. Counts what lies in it as stored.
  VaultObjects(Path folder, Space& space);

  void remove_leftovers() const;                         // of interrupted writes; by the one daemon that serves, before it does

  // The descriptor in force: the highest epoch. not_found when the vault is unknown here.
  Result<VaultDescriptor> descriptor(const VaultId& vault) const;
  Result<VaultDescriptor> descriptor(const VaultId& vault, uint32_t epoch) const;

  // true: new; false: the same was there. denied when `writer` does not own the vault; corrupt; exists when another one has its name;
  // no_space: no room, or too many vaults of one owner.
  Result<bool> put_descriptor(const VaultId& vault, std::string_view name, ByteSpan object, const HostId& writer);
  Result<bool> put_key_record(const VaultId& vault, std::string_view name, ByteSpan object);
  Result<bool> put_block(const VaultId& vault, std::string_view name, ByteSpan object);

  // For Commit: the object was verified there. What stands under the name with other bytes is `exists` where it is whole, gives way where it is
  // damaged, and stays where it cannot be read now (failed). is_whole: corrupt where it is damaged; none where the name is the digest.
  using IsWhole = std::function<Result<void>(ByteSpan standing)>;
  Result<bool> put_verified(const VaultId& vault, VaultObject kind, std::string_view name, ByteSpan object, const IsWhole& is_whole = {});

  Result<Bytes> get(const VaultId& vault, VaultObject kind, std::string_view name) const;

  struct Opened {
    Descriptor file;
    uint64_t size = 0;
  };
  Result<Opened> open(const VaultId& vault, VaultObject kind, std::string_view name) const;      // for readers: nothing of it in memory
  Result<Time> stored_at(const VaultId& vault, VaultObject kind, std::string_view name) const;   // by this host's clock then
  bool has(const VaultId& vault, VaultObject kind, std::string_view name) const;

  // Empty where there is no folder yet. Any other fault is an error: taken for "nothing is here" it would lose snapshots elsewhere.
  Result<std::vector<VaultId>> vaults() const;
  Result<std::vector<std::string>> list(const VaultId& vault, VaultObject kind) const;

 private:
  Path path_of(const VaultId& vault, VaultObject kind, std::string_view name) const;
  Result<void> may_add_vault(const VaultId& vault, const HostId& owner) const;
  Result<void> write(const Path& path, ByteSpan object, bool replace = false);
  void count_stored() const;
  const Path folder_;
  DurableFolders folders_;
  Space& space_;
  std::mutex vaults_mutex_;                              // two new vaults of one owner do not pass its limit together
};

}  // namespace sparekeep::daemon
