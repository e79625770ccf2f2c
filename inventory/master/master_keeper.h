// Keeps the highest master file that this host ever saw, in one file of its state folder. Nobody goes back: an older version
// is refused, so is another file under the same version (equivocation), also after a restart. Which one it was stands in a small
// file of its own, too (FILE.seen), so that this holds where the file is damaged: then the same or a newer one is taken from the
// central anew. Thread safe.
#pragma once

#include <memory>
#include <mutex>

#include "inventory/master/master_file.h"
#include "lib/base/files.h"

namespace sparekeep {

constexpr std::string_view kMasterFileName = "master.bin";

struct SeenMaster {
  MasterVersion version;                               // 0.0: none
  Digest digest;
};

class MasterKeeper {
  struct Private {};

 public:
  // Reads what was kept, if anything was, and changes nothing. A kept file that does not verify is said in the log, stays until another
  // one is taken, and is set aside then. Fails where it cannot be read.
  static Result<std::unique_ptr<MasterKeeper>> open(Path file, const PublicKey& pinned_root);

  std::shared_ptr<const MasterCopy> newest() const;    // null before the first, and where it was damaged
  MasterVersion version() const;                       // of newest(); 0.0 without one
  bool is_revoked(const std::string& serial) const;    // by the newest; false without one

  // true: it is newer, or in the place of a damaged one; verified, and durably kept. false: the one that is kept already. denied: it goes
  // back, or is another file of the version that was seen. corrupt, unsupported: as read_master_file says. Nothing changed then.
  Result<bool> offer(ByteSpan object);

  // Notes the version of a file that was kept by a release without FILE.seen. What fails is tried again at the next call.
  void note_seen();

  MasterKeeper(Private, Path file, const PublicKey& pinned_root) : file_(std::move(file)), pinned_root_(pinned_root) {}

 private:
  void read_seen();
  Result<void> write_seen(const SeenMaster& seen);
  Result<void> keep(const MasterCopy& copy);
  Path seen_file() const { return file_.native() + ".seen"; }

  const Path file_;
  const PublicKey pinned_root_;
  mutable std::mutex mutex_;
  std::shared_ptr<const MasterCopy> newest_;
  SeenMaster seen_;
  MasterVersion noted_;                                // in FILE.seen
  bool is_damaged_ = false;
};

}  // namespace sparekeep
