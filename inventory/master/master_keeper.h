// Keeps the highest master file that this host ever saw, in one file of its state folder. Nobody goes back: an older version
// is refused, so is another file under the same version (equivocation), also after a restart. Thread safe.
#pragma once

#include <memory>
#include <mutex>

#include "inventory/master/master_file.h"
#include "lib/base/files.h"

namespace sparekeep {

constexpr std::string_view kMasterFileName = "master.bin";

class MasterKeeper {
  struct Private {};

 public:
  // Reads what was kept, if anything was. A kept file that does not verify is an error (corrupt, denied): it is no
  // reason to start again from nothing.
  static Result<std::unique_ptr<MasterKeeper>> open(Path file, const PublicKey& pinned_root);

  std::shared_ptr<const MasterCopy> newest() const;    // null before the first
  MasterVersion version() const;                       // 0.0 before the first
  bool is_revoked(const std::string& serial) const;    // by the newest; false before the first

  // true: it is newer, verified, and durably kept. false: the one that is kept already. denied: it goes back, or is
  // another file of the version that is kept. corrupt, unsupported: as read_master_file says. Nothing changed then.
  Result<bool> offer(ByteSpan object);

  MasterKeeper(Private, Path file, const PublicKey& pinned_root) : file_(std::move(file)), pinned_root_(pinned_root) {}

 private:
  const Path file_;
  const PublicKey pinned_root_;
  mutable std::mutex mutex_;
  std::shared_ptr<const MasterCopy> newest_;
};

}  // namespace sparekeep
