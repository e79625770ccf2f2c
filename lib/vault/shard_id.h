// The name of a shard: (vault, pack, layout, index). As a file below a daemon's folder: VAULT/PP/PACK.k.m.index.
#pragma once

#include <functional>
#include <string>

#include "lib/vault/layout.h"
#include "lib/vault/types.h"

namespace sparekeep {

struct ShardId {
  VaultId vault;
  PackId pack;
  Layout layout;
  uint8_t index = 0;

  auto operator<=>(const ShardId&) const = default;
  bool valid() const { return layout.valid() && index < layout.count(); }
  std::string name() const;                           // "PACK.k.m.index", lower-case hex and decimal
  std::string path() const;                           // "VAULT/PP/PACK.k.m.index"
};

// The exact inverse of name(); corrupt for anything else (upper case, leading zeros, an index outside of the layout).
Result<ShardId> parse_shard_name(const VaultId& vault, std::string_view name);
Result<ShardId> parse_shard_path(std::string_view path);

}  // namespace sparekeep

template <>
struct std::hash<sparekeep::ShardId> {
  size_t operator()(const sparekeep::ShardId& id) const noexcept {
    return std::hash<sparekeep::PackId>()(id.pack) ^ (static_cast<size_t>(id.index) << 1) ^
           (static_cast<size_t>(id.layout.data) << 9) ^ (static_cast<size_t>(id.layout.parity) << 17);
  }
};
