// Paths of the API (docs/protocol.md). The objects of a vault have the same paths on daemons and on the central.
#pragma once

#include <string>

#include "lib/base/id.h"

namespace sparekeep {

constexpr std::string_view kHelloPath = "/v1/hello";
constexpr std::string_view kReportsPath = "/v1/reports";
constexpr std::string_view kMasterPath = "/v1/master";
constexpr std::string_view kOrdersPath = "/v1/orders";
constexpr std::string_view kRenewPath = "/v1/renew";
constexpr std::string_view kVaultsPath = "/v1/vaults";
constexpr std::string_view kRecordsPath = "/v1/records";

inline std::string vault_path(const VaultId& vault) { return "/v1/vaults/" + vault.hex(); }
inline std::string descriptor_path(const VaultId& vault, uint32_t epoch) {
  return vault_path(vault) + "/descriptors/" + std::to_string(epoch);
}
inline std::string key_record_path(const VaultId& vault, const Digest& digest) { return vault_path(vault) + "/keys/" + digest.hex(); }
inline std::string block_path(const VaultId& vault, const Digest& digest) { return vault_path(vault) + "/blocks/" + digest.hex(); }
inline std::string record_path(const VaultId& vault, const SnapshotId& snapshot, uint32_t revision) {
  return vault_path(vault) + "/records/" + snapshot.hex() + "." + std::to_string(revision);
}
inline std::string progress_path(const RunId& run) { return "/v1/runs/" + run.hex() + "/progress"; }
inline std::string result_path(const RunId& run) { return "/v1/runs/" + run.hex() + "/result"; }

}  // namespace sparekeep
