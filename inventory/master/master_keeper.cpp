#include "inventory/master/master_keeper.h"

#include <algorithm>

#include "lib/base/log.h"
#include "lib/base/set_aside.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr uint64_t kSeenSizeMax = 256;

// EPOCH.NUMBER DIGEST ROOT: a version counts among those of one root alone.
Result<SeenMaster> parse_seen(std::string_view text, const PublicKey& root) {
  const std::vector<std::string> words = split_text(text.substr(0, text.find('\n')), ' ');
  if (words.size() != 3) return Error(ErrorKind::corrupt, "expected version, digest and root");
  const Result<MasterVersion> version = master_version_from(words[0]);
  const Result<Digest> digest = Digest::parse(words[1]);
  if (!version) return version.error();
  if (!digest) return digest.error();
  return words[2] == root.hex() ? SeenMaster{*version, *digest} : SeenMaster{};
}

}  // namespace

Result<std::unique_ptr<MasterKeeper>> MasterKeeper::open(Path file, const PublicKey& pinned_root) {
  auto keeper = std::make_unique<MasterKeeper>(Private(), std::move(file), pinned_root);
  keeper->read_seen();
  const Result<Bytes> kept = read_file(keeper->file_, kMasterSizeMax);
  if (!kept && kept.error().kind() == ErrorKind::not_found) return keeper;
  if (!kept && kept.error().kind() != ErrorKind::corrupt) return kept.error();
  Result<MasterCopy> copy = kept ? read_master_file(*kept, pinned_root) : kept.error();
  keeper->is_damaged_ = !copy;
  if (!copy) {
    log_error("the kept master file " + in_quotes(keeper->file_.string()) + " is not used: " + copy.error().text() + "; the central is asked for one" +
              (keeper->seen_.version == MasterVersion{} ? "" : ", " + keeper->seen_.version.text() + " or newer"));
    return keeper;
  }
  if (copy->file.version() >= keeper->seen_.version) keeper->seen_ = {copy->file.version(), copy->digest};
  keeper->newest_ = std::make_shared<const MasterCopy>(std::move(*copy));
  return keeper;
}

void MasterKeeper::read_seen() {
  const Result<std::string> text = read_text(seen_file(), kSeenSizeMax);
  if (!text && text.error().kind() == ErrorKind::not_found) return;
  const Result<SeenMaster> seen = text ? parse_seen(*text, pinned_root_) : text.error();
  if (!seen) return log_warning(in_quotes(seen_file().string()) + " is not used: " + seen.error().text());
  seen_ = *seen;
  noted_ = seen_.version;
}

Result<void> MasterKeeper::write_seen(const SeenMaster& seen) {
  if (noted_ == seen.version) return {};
  const std::string text = seen.version.text() + " " + seen.digest.hex() + " " + pinned_root_.hex() + "\n";
  Result<void> written = write_durably(seen_file(), as_bytes(text), {.mode = 0600});
  if (written) seen_ = seen, noted_ = seen.version;
  return written;
}

void MasterKeeper::note_seen() {
  const std::lock_guard lock(mutex_);
  (void)write_seen(seen_);
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
  if (offered < seen_.version)
    return Error(ErrorKind::denied, "master file " + offered.text() + " is older than " + seen_.version.text() + ", which was seen already");
  if (offered == seen_.version && copy->digest != seen_.digest)
    return Error(ErrorKind::denied, "another master file " + offered.text() + " was seen already: somebody signs two of one version");
  if (newest_ && newest_->digest == copy->digest) return false;
  if (const Result<void> kept = keep(*copy); !kept) return kept.error().during("keeping master file " + offered.text());
  newest_ = std::make_shared<const MasterCopy>(std::move(*copy));
  return true;
}

// Seen first: whatever happens in between, it is no way back.
Result<void> MasterKeeper::keep(const MasterCopy& copy) {
  if (Result<void> noted = write_seen({copy.file.version(), copy.digest}); !noted) return noted;
  if (is_damaged_)
    if (const Result<Path> aside = set_aside(file_); !aside) return aside.error();
  is_damaged_ = false;
  return write_durably(file_, copy.object, {.mode = 0600});
}

}  // namespace sparekeep
