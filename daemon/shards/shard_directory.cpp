#include "daemon/shards/shard_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "daemon/shards/standing.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kObjectSizeMax = kShardHeadSizeMax + kPackLengthMax;
constexpr size_t kPastCacheFrom = 256 << 10;        // smaller ones are metadata, which the next command may read

uint32_t blocks_of(int folder, const Path& path) {
  struct stat facts {};
  return ::fstatat(folder, path.c_str(), &facts, 0) == 0 ? static_cast<uint32_t>(facts.st_blocks) : 0;
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
    if (id) on_shard(*id, blocks_of(AT_FDCWD, folder / name));
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

Result<Descriptor> ShardDirectory::open_folder(const Path& folder, const HostId& host) {
  Descriptor disk(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Descriptor marker(disk ? ::openat(disk.get(), std::string(kMarkerName).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
  const std::string expected = host.hex() + "\n";
  const Result<Bytes> text = marker ? read_range(marker.get(), 0, expected.size()) : Result<Bytes>(Bytes());
  if (text && as_text(*text) == expected) return disk;
  return Error(ErrorKind::denied, "no marker file of this host at " + in_quotes((folder / kMarkerName).native()) +
                                      ": is the disk mounted? run install to prepare a new one");
}

ShardDirectory::ShardDirectory(Path folder, const HostId& host, SpaceLimits limits)
    : folder_(std::move(folder)), host_(host), disk_(open_folder(folder_, host).value()), folders_(folder_), space_(folder_, limits) {
  scan();
}

void ShardDirectory::scan() {
  (void)list_folder(folder_).value();
  for_each_shard(folder_, [this](const ShardId& id, uint32_t blocks) {
    held_[id] = blocks;
    space_.add_stored(uint64_t{blocks} * 512);
  });
  if (::access((folder_ / kGraceName).c_str(), F_OK) != 0) return;
  for_each_shard(folder_ / kGraceName, [this](const ShardId&, uint32_t blocks) {
    grace_blocks_ += blocks;
    space_.add_stored(uint64_t{blocks} * 512);
  });
}

Result<void> ShardDirectory::in_place() const {
  struct stat open {}, named {};
  if (::fstat(disk_.get(), &open) == 0 && ::stat(folder_.c_str(), &named) == 0 && open.st_dev == named.st_dev && open.st_ino == named.st_ino) return {};
  return Error(ErrorKind::no_space, "the disk of stored shards is not at " + in_quotes(folder_.native()) +
                                        " any more; mount it there again: until then nothing new is stored");
}

void ShardDirectory::look_for_disk() {
  const std::unique_lock lock(mutex_);
  const Result<void> here = in_place();
  const bool was_gone = is_gone_.exchange(!here);
  if (here && was_gone) log_info("the disk of stored shards is at " + in_quotes(folder_.native()) + " again");
  if (here) return;
  if (!was_gone) log_error(here.error().text());
  const Result<Descriptor> other = open_folder(folder_, host_);
  if (!other || ::dup3(other->get(), disk_.get(), O_CLOEXEC) < 0) return;
  is_gone_ = false;
  uint64_t blocks = std::exchange(grace_blocks_, 0);
  for (const auto& [id, its_blocks] : held_) blocks += its_blocks;
  space_.remove_stored(blocks * 512);
  held_.clear();
  scan();
  log_info("a disk of this host's shards is at " + in_quotes(folder_.native()) + " again, with " + std::to_string(held_.size()) + " shards");
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
  if (!in_place()) look_for_disk();
  if (const Result<void> here = in_place(); !here) return here.error();
  const Result<Put> put = names(id) ? put_over(object, id, signer) : put_new(object, id, signer, verified);   // held: its lock began when it came
  if (!put || is_on_disk(id, object.size())) return put;
  return Error(ErrorKind::no_space, "shard " + id.path() + " went to another disk than that of the others, which was unmounted meanwhile");
}

Result<ShardDirectory::Put> ShardDirectory::put_new(ByteSpan object, const ShardId& id, const PublicKey& signer, const Verified& verified) {
  Result<Space::Reservation> room = room_for(object, id);
  if (!room) return room.error();
  verified();
  const Result<void> written = write(object, id, false);
  if (!written && written.error().kind() == ErrorKind::exists) return put_over(object, id, signer);
  if (!written) return written.error();
  count(id, *room);
  return Put::created;
}

Result<void> ShardDirectory::write(ByteSpan object, const ShardId& id, bool replace) {
  const Path path = path_of(id);
  if (const Result<void> made = folders_.make(path.parent_path(), 0700); !made) return made;
  return write_durably(path, object, {.mode = 0600, .replace = replace, .past_cache = object.size() >= kPastCacheFrom});
}

// The same bytes again are fine. Other bytes that verify under the same id cannot be made but by the vault's own signer, in any length (an id
// is a word of the signed header): whoever has broken into the host has it, and they are refused. Rot is healed by what has just been verified.
Result<ShardDirectory::Put> ShardDirectory::put_over(ByteSpan object, const ShardId& id, const PublicKey& signer) {
  const std::lock_guard one_at_a_time(over_mutex_);
  const Result<Bytes> there = read_standing(disk_.get(), id.path(), kObjectSizeMax, "reading shard " + id.path());
  if (!there && !is_damage(there.error())) return there.error();
  if (there && same_bytes(*there, object)) {
    const Result<void> durable = folders_.confirm(path_of(id), 0700);
    return durable ? Result<Put>(Put::already_there) : durable.error();
  }
  const Result<void> whole = there ? verify_object(*there, id, signer) : there.error();
  if (whole || !is_damage(whole.error())) return Error(ErrorKind::exists, "another shard is stored as " + id.path());
  log_warning("a damaged shard is replaced by a good one: " + id.path());
  const Result<void> replaced = replace(object, id);
  return replaced ? Result<Put>(Put::created) : replaced.error();
}

// For what it takes more than what is counted for it, as it is for what was damaged, or removed by somebody.
Result<Space::Reservation> ShardDirectory::room_for(ByteSpan object, const ShardId& id) {
  return space_.reserve(object.size() - std::min<uint64_t>(object.size(), counted_bytes(id)));
}

Result<void> ShardDirectory::replace(ByteSpan object, const ShardId& id) {
  Result<Space::Reservation> room = room_for(object, id);
  if (!room) return room.error();
  if (const Result<void> free = set_folder_aside(id); !free) return free;
  if (const Result<void> written = write(object, id, true); !written) return written;
  count(id, *room);
  return {};
}

// As what lies there now, in the place of what was counted for it before.
void ShardDirectory::count(const ShardId& id, Space::Reservation& room) {
  const uint32_t blocks = allocated_blocks(id);
  const std::unique_lock lock(mutex_);
  room.stored(uint64_t{blocks} * 512);
  space_.remove_stored(uint64_t{std::exchange(held_[id], blocks)} * 512);
}

uint64_t ShardDirectory::counted_bytes(const ShardId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = held_.find(id);
  return found == held_.end() ? 0 : uint64_t{found->second} * 512;
}

// No rename takes its place. What lies in it is not ours to remove.
Result<void> ShardDirectory::set_folder_aside(const ShardId& id) {
  const std::optional<struct stat> facts = facts_of(id);
  if (!facts || !S_ISDIR(facts->st_mode)) return {};
  const std::string aside = id.path() + ".set-aside";
  if (::renameat(disk_.get(), id.path().c_str(), disk_.get(), aside.c_str()) == 0) return {};
  return system_error("setting aside the folder in the place of shard " + id.path(), errno);
}

bool ShardDirectory::names(const ShardId& id) const {
  const std::shared_lock lock(mutex_);
  return held_.contains(id) && facts_of(id);            // somebody may have removed it
}

bool ShardDirectory::holds(const ShardId& id, uint64_t size) const {
  const std::shared_lock lock(mutex_);
  return held_.contains(id) && is_on_disk(id, size);
}

bool ShardDirectory::holds(const ShardId& id) const {
  if (!names(id)) return false;
  const Result<Opened> opened = open(id);
  const Result<Bytes> beginning = opened ? read_range(opened->file.get(), 0, opened->head_size) : opened.error();
  const Result<ShardHead> head = beginning ? parse_shard_head(*beginning) : beginning.error();
  return head && head->id() == id && head->size + head->payload_length() == opened->size;
}

std::optional<struct stat> ShardDirectory::facts_of(const ShardId& id) const {
  struct stat facts {};
  if (::fstatat(disk_.get(), id.path().c_str(), &facts, 0) != 0) return std::nullopt;
  return facts;
}

bool ShardDirectory::is_on_disk(const ShardId& id, uint64_t size) const {
  const std::optional<struct stat> facts = facts_of(id);
  return facts && S_ISREG(facts->st_mode) && static_cast<uint64_t>(facts->st_size) == size;
}

uint32_t ShardDirectory::allocated_blocks(const ShardId& id) const { return blocks_of(disk_.get(), id.path()); }

Result<SpaceFacts> ShardDirectory::space() const {
  if (in_place()) return space_.facts();
  return SpaceFacts{.stored_bytes = space_.stored_bytes()};
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
  Opened opened{.file = Descriptor(::openat(disk_.get(), id.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};        // nothing but a file: a FIFO would hold a worker
  if (!opened.file) return system_error("opening shard " + id.path(), errno);
  struct stat facts {};
  if (::fstat(opened.file.get(), &facts) != 0) return system_error("opening shard " + id.path(), errno);
  if (!S_ISREG(facts.st_mode)) return Error(ErrorKind::corrupt, "shard " + id.path() + " is no file");
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
  if (const Result<void> here = in_place(); !here) return here;
  const Path in_grace = Path(kGraceName) / id.path(), to = folder_ / in_grace;
  if (const Result<void> made = make_folders(to.parent_path(), 0700); !made) return made;
  if (::renameat(disk_.get(), id.path().c_str(), disk_.get(), in_grace.c_str()) != 0)
    return system_error("moving shard " + id.path() + " to the grace area", errno);
  grace_blocks_ += found->second;
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
