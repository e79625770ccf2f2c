#include "inventory/master/master_keeper.h"

#include "lib/base/text.h"

namespace sparekeep {

Result<std::unique_ptr<MasterKeeper>> MasterKeeper::open(Path file, const PublicKey& pinned_root) {
  auto keeper = std::make_unique<MasterKeeper>(Private(), std::move(file), pinned_root);
  const Result<Bytes> kept = read_file(keeper->file_, kMasterSizeMax);
  if (!kept && kept.error().kind() == ErrorKind::not_found) return keeper;
  if (!kept) return kept.error();
  Result<MasterCopy> copy = during(in_quotes(keeper->file_.string()), read_master_file(*kept, pinned_root));
  if (!copy) return copy.error();
  keeper->newest_ = std::make_shared<const MasterCopy>(std::move(*copy));
  return keeper;
}

std::shared_ptr<const MasterCopy> MasterKeeper::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

MasterVersion MasterKeeper::version() const {
  const std::lock_guard lock(mutex_);
  return newest_ ? newest_->file.version() : MasterVersion{};
}

bool MasterKeeper::is_revoked(const std::string& serial) const {
  const std::lock_guard lock(mutex_);
  return newest_ && newest_->file.is_revoked(serial);
}

Result<bool> MasterKeeper::offer(ByteSpan object) {
  Result<MasterCopy> copy = read_master_file(object, pinned_root_);
  if (!copy) return copy.error();
  const MasterVersion offered = copy->file.version();
  const std::lock_guard lock(mutex_);
  const MasterVersion kept = newest_ ? newest_->file.version() : MasterVersion{};
  if (offered < kept) {
    return Error(ErrorKind::denied, "master file " + offered.text() + " is older than " + kept.text() + ", which was seen already");
  }
  if (offered == kept) {
    if (newest_ && newest_->digest == copy->digest) return false;
    return Error(ErrorKind::denied, "another master file " + offered.text() + " was seen already: somebody signs two of one version");
  }
  const Result<void> written = write_durably(file_, copy->object, {.mode = 0600});
  if (!written) return written.error().during("keeping master file " + offered.text());
  newest_ = std::make_shared<const MasterCopy>(std::move(*copy));
  return true;
}

}  // namespace sparekeep
