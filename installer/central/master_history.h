// Every master file that this central ever issued: STATE/master/EPOCH.NUMBER.bin. A version is durable before anybody sees
// it, its number is one more than the newest's and it names the digest of that. Thread safe.
#pragma once

#include <memory>
#include <mutex>

#include "inventory/master/master_file.h"
#include "installer/central/layout.h"

namespace sparekeep::central {

struct MasterContents {                     // what a new version says
  Delegation delegation{};
  Bytes delegation_object{};
  std::vector<StorageSystem> systems{};
  std::vector<Writer> writers{};
  std::vector<std::string> revoked{};
};

constexpr Duration kMasterLife = std::chrono::hours(24 * 90);

class MasterHistory {
 public:
  MasterHistory(StatePaths paths, const PublicKey& root);         // reads and verifies the newest, if there is one

  std::shared_ptr<const MasterCopy> newest() const;               // null before the first
  std::shared_ptr<const MasterCopy> issue(MasterContents contents, const SigningKey& signer, Time now);

  // A verified file of this central's own that it does not know any more, newer than all it knows: the newest from now on, durably.
  void adopt(const MasterCopy& copy);

  std::vector<MasterVersion> versions() const;                    // ascending
  Result<MasterCopy> read(const MasterVersion& version) const;    // verified; not_found

 private:
  const StatePaths paths_;
  const PublicKey root_;
  mutable std::mutex mutex_;
  std::shared_ptr<const MasterCopy> newest_;
};

}  // namespace sparekeep::central
