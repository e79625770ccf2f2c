#include "daemon/shards/shard_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kObjectSizeMax = kShardHeadSizeMax + kPackLengthMax;

uint32_t allocated_blocks(const Path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? static_cast<uint32_t>(facts.st_blocks) : 0;
}

Result<void> verify_object(ByteSpan object, const ShardId& id, const PublicKey& signer) {
  const Result<ShardHead> head = parse_shard_head(object);
  if (!head) return head.error();
  if (head->id() != id) return Error(ErrorKind::corrupt, "this is shard " + head->id().path() + ", not " + id.path());
  return verify_shard(*head, object.subspan(head->size), signer);
}

// What cannot be listed is said and left out: a stray file, or one damaged folder, does not keep all the rest from being read.
std::vector<std::string> names_in(const Path& folder) {
  const Result<std::vector<std::string>> names = list_folder(folder);
  if (names) return *names;
  log_warning("left alone: " + names.error().text());
  return {};
}

std::vector<Path> vault_folders(const Path& base) {
  std::vector<Path> folders;
  for (const std::string& name : names_in(base))
    if (VaultId::parse(name)) folders.push_back(base / name);
  return folders;
}

using OnShard = std::function<void(const ShardId& id, uint32_t blocks)>;

void for_each_in(const VaultId& vault, const Path& folder, const OnShard& on_shard) {
  for (const std::string& name : names_in(folder)) {
    const Result<ShardId> id = parse_shard_name(vault, name);
    if (id) on_shard(*id, allocated_blocks(folder / name));
    else if (name[0] != '.') log_warning("not a shard, left alone: " + (folder / name).native());
  }
}

void for_each_shard(const Path& base, const OnShard& on_shard) {
  for (const Path& folder : vault_folders(base)) {
    const VaultId vault = VaultId::parse(folder.filename().native()).value();
    for (const std::string& prefix : names_in(folder)) for_each_in(vault, folder / prefix, on_shard);
  }
}

}  // namespace

Result<void> ShardDirectory::prepare(const Path& folder, const HostId& host) {
  if (Result<void> made = make_folders(folder, 0700); !made) return made;
  const std::string text = host.hex() + "\n";
  const Result<void> written = write_durably(folder / kMarkerName, as_bytes(text), {.mode = 0644, .replace = false});
  if (written || written.error().kind() != ErrorKind::exists) return written;
  const Result<std::string> there = read_text(folder / kMarkerName, 100);
  if (there && *there == text) return {};
  return Error(ErrorKind::exists, in_quotes((folder / kMarkerName).native()) + " belongs to another host; expected " + host.hex());
}

ShardDirectory::ShardDirectory(Path folder, const HostId& host, SpaceLimits limits) : folder_(std::move(folder)), folders_(folder_), space_(folder_, limits) {
  const Result<std::string> marker = read_text(folder_ / kMarkerName, 100);
  if (!marker || *marker != host.hex() + "\n")
    throw Error(ErrorKind::denied, "no marker file of this host at " + in_quotes((folder_ / kMarkerName).native()) +
                                       ": is the disk mounted? run install to prepare a new one");
  scan();
}

void ShardDirectory::scan() {
  (void)list_folder(folder_).value();
  for_each_shard(folder_, [this](const ShardId& id, uint32_t blocks) {
    held_[id] = blocks;
    space_.add_stored(uint64_t{blocks} * 512);
  });
  if (::access((folder_ / kGraceName).c_str(), F_OK) != 0) return;
  for_each_shard(folder_ / kGraceName, [this](const ShardId&, uint32_t blocks) { space_.add_stored(uint64_t{blocks} * 512); });
}

void ShardDirectory::remove_leftovers() {
  sparekeep::remove_leftovers(folder_);
  for (const Path& vault : vault_folders(folder_))
    for (const std::string& prefix : names_in(vault)) sparekeep::remove_leftovers(vault / prefix);
}

Result<ShardDirectory::Put> ShardDirectory::put(ByteSpan object, const VaultId& vault, const ShardId& id, const PublicKey& signer,
                                                const Verified& verified) {
  SK_CHECK(id.vault == vault);
  if (const Result<void> good = verify_object(object, id, signer); !good) return good.error();
  if (holds(id)) return put_over(object, id, signer);  // its lock began when it came
  Result<Space::Reservation> room = space_.reserve(object.size());
  if (!room) return room.error();
  verified();
  const Result<void> written = write(object, id, false);
  if (!written && written.error().kind() == ErrorKind::exists) return put_over(object, id, signer);
  if (!written) return written.error();
  const uint32_t blocks = allocated_blocks(path_of(id));
  room->stored(uint64_t{blocks} * 512);
  const std::unique_lock lock(mutex_);
  held_[id] = blocks;
  return Put::created;
}

Result<void> ShardDirectory::write(ByteSpan object, const ShardId& id, bool replace) {
  const Path path = path_of(id);
  if (const Result<void> made = folders_.make(path.parent_path(), 0700); !made) return made;
  return write_durably(path, object, {.mode = 0600, .replace = replace});
}

// The same bytes again are fine. Other bytes that verify under the same id cannot be made but by the vault's own signer; they are
// refused. Rot is healed by what has just been verified.
Result<ShardDirectory::Put> ShardDirectory::put_over(ByteSpan object, const ShardId& id, const PublicKey& signer) {
  const Result<Bytes> there = read_file(path_of(id), kObjectSizeMax);
  if (there && same_bytes(*there, object)) {
    const Result<void> durable = folders_.confirm(path_of(id), 0700);
    return durable ? Result<Put>(Put::already_there) : durable.error();
  }
  if (there && verify_object(*there, id, signer)) return Error(ErrorKind::exists, "another shard is stored as " + id.path());
  log_warning("a damaged shard is replaced by a good one: " + id.path());
  if (const Result<void> written = write(object, id, true); !written) return written.error();
  const std::unique_lock lock(mutex_);
  held_.try_emplace(id, allocated_blocks(path_of(id)));
  return Put::created;
}

bool ShardDirectory::holds(const ShardId& id) const {
  const std::shared_lock lock(mutex_);
  return held_.contains(id) && ::access(path_of(id).c_str(), F_OK) == 0;  // asked of the disk: somebody may have removed it
}

size_t ShardDirectory::count() const {
  const std::shared_lock lock(mutex_);
  return held_.size();
}

size_t ShardDirectory::count(const VaultId& vault) const {
  const std::shared_lock lock(mutex_);
  return static_cast<size_t>(std::count_if(held_.begin(), held_.end(), [&](const auto& entry) { return entry.first.vault == vault; }));
}

Result<ShardDirectory::Opened> ShardDirectory::open(const ShardId& id) const {
  Opened opened{.file = Descriptor(::open(path_of(id).c_str(), O_RDONLY | O_CLOEXEC))};
  if (!opened.file) return system_error("opening shard " + id.path(), errno);
  struct stat facts {};
  if (::fstat(opened.file.get(), &facts) != 0) return system_error("opening shard " + id.path(), errno);
  opened.size = static_cast<uint64_t>(facts.st_size);
  const Result<Bytes> beginning = read_range(opened.file.get(), 0, kShardHeadPrefix);
  if (!beginning) return beginning.error().during("shard " + id.path());
  const Result<size_t> head = shard_head_size(*beginning);
  if (!head) return head.error().during("shard " + id.path());
  opened.head_size = *head;
  if (opened.head_size > opened.size) return Error(ErrorKind::corrupt, "shard " + id.path() + " is truncated");
  return opened;
}

Result<void> ShardDirectory::remove_to_grace(const ShardId& id) {
  const std::unique_lock lock(mutex_);
  const auto found = held_.find(id);
  if (found == held_.end()) return Error(ErrorKind::not_found, "no shard " + id.path() + " is stored here");
  const Path to = folder_ / kGraceName / id.path();
  if (const Result<void> made = make_folders(to.parent_path(), 0700); !made) return made;
  if (::rename(path_of(id).c_str(), to.c_str()) != 0) return system_error("moving shard " + id.path() + " to the grace area", errno);
  held_.erase(found);  // its bytes stay counted as stored: they are still on the disk
  if (const Result<void> synced = sync_folder(to.parent_path()); !synced) return synced;
  return sync_folder(path_of(id).parent_path());
}

std::vector<ShardId> ShardDirectory::shards_of(const VaultId& vault) const {
  const std::shared_lock lock(mutex_);
  std::vector<ShardId> shards;
  for (const auto& [id, blocks] : held_)
    if (id.vault == vault) shards.push_back(id);
  return shards;
}

}  // namespace sparekeep::daemon
