#include "installer/central/master_history.h"

#include <algorithm>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kEnding = ".bin";

}  // namespace

MasterHistory::MasterHistory(StatePaths paths, const PublicKey& root) : paths_(std::move(paths)), root_(root) {
  const std::vector<MasterVersion> all = versions();
  if (!all.empty()) newest_ = std::make_shared<const MasterCopy>(read(all.back()).value());
}

std::shared_ptr<const MasterCopy> MasterHistory::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::shared_ptr<const MasterCopy> MasterHistory::issue(MasterContents contents, const SigningKey& signer, Time now) {
  const std::lock_guard lock(mutex_);
  make_folders(paths_.masters(), 0700).value();
  MasterFile file;
  file.delegation_object = std::move(contents.delegation_object);
  file.delegation = std::move(contents.delegation);
  const bool same_epoch = newest_ && newest_->file.delegation.epoch == file.delegation.epoch;
  file.number = same_epoch ? newest_->file.number + 1 : 1;
  if (newest_) file.before = newest_->digest;
  file.issued = now;
  file.expires = now + kMasterLife;
  file.systems = std::move(contents.systems);
  file.writers = std::move(contents.writers);
  file.revoked = std::move(contents.revoked);
  auto copy = std::make_shared<const MasterCopy>(sign_master_file(std::move(file), signer));
  write_durably(paths_.master(copy->file.version()), copy->object, {.mode = 0600, .replace = false}).value();
  newest_ = copy;
  return copy;
}

void MasterHistory::adopt(const MasterCopy& copy) {
  const std::lock_guard lock(mutex_);
  SK_CHECK(!newest_ || copy.newer_than(newest_->file.version()));
  write_durably(paths_.master(copy.file.version()), copy.object, {.mode = 0600}).value();
  newest_ = std::make_shared<const MasterCopy>(copy);
}

std::vector<MasterVersion> MasterHistory::versions() const {
  const Result<std::vector<std::string>> names = list_folder(paths_.masters());
  if (!names && names.error().kind() == ErrorKind::not_found) return {};
  if (!names) throw names.error();
  std::vector<MasterVersion> out;
  for (const std::string& name : *names) {
    if (!name.ends_with(kEnding)) continue;
    if (const Result<MasterVersion> version = master_version_from(name.substr(0, name.size() - kEnding.size()))) out.push_back(*version);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<MasterCopy> MasterHistory::read(const MasterVersion& version) const {
  const Result<Bytes> object = read_file(paths_.master(version), kMasterSizeMax);
  if (!object && object.error().kind() == ErrorKind::not_found) {
    return Error(ErrorKind::not_found, "there is no master file " + version.text());
  }
  if (!object) return object.error();
  Result<MasterCopy> copy = during("master file " + version.text(), read_master_file(*object, root_));
  if (copy && copy->file.version() != version) return Error(ErrorKind::corrupt, "master file " + version.text() + " is another version");
  return copy;
}

}  // namespace sparekeep::central
