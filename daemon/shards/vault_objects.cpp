#include "daemon/shards/vault_objects.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "daemon/shards/standing.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/written_at.h"
#include "lib/crypt/digest.h"
#include "lib/vault/key_record.h"
#include "lib/vault/pack_list.h"

namespace sparekeep::daemon {

namespace {

// Names come from requests: digits, lower-case letters and dots that are no path.
bool is_object_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.'; };
  return !name.empty() && name.size() <= 100 && name[0] != '.' && std::all_of(name.begin(), name.end(), allowed);
}

constexpr VaultObject kKinds[] = {VaultObject::descriptor, VaultObject::key_record, VaultObject::pack_list_block, VaultObject::record};
constexpr uint64_t kFileBytesMin = 4096;               // that a file takes on most file systems, however small

uint64_t allocated_bytes(const Path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? uint64_t(facts.st_blocks) * 512 : 0;
}

Error wrong_name(std::string_view what, std::string_view name) {
  return Error(ErrorKind::corrupt, std::string(what) + " does not fit its name " + in_quotes(name));
}

Result<std::vector<std::string>> names_in(const Path& folder) {
  Result<std::vector<std::string>> names = list_folder(folder);
  if (names) return names;
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0 && errno == ENOENT) return std::vector<std::string>();
  return Error(ErrorKind::failed, names.error().text());   // never not_found: whoever asks takes that for an answer
}

}  // namespace

std::string_view folder_of(VaultObject kind) {
  switch (kind) {
    case VaultObject::descriptor: return "descriptors";
    case VaultObject::key_record: return "keys";
    case VaultObject::pack_list_block: return "blocks";
    case VaultObject::record: return "records";
  }
  return "";
}

VaultObjects::VaultObjects(Path folder, Space& space) : folder_(std::move(folder)), folders_(folder_.parent_path()), space_(space) { count_stored(); }

Path VaultObjects::path_of(const VaultId& vault, VaultObject kind, std::string_view name) const {
  return folder_ / vault.hex() / folder_of(kind) / name;
}

Result<VaultDescriptor> VaultObjects::descriptor(const VaultId& vault, uint32_t epoch) const {
  const Result<Bytes> object = get(vault, VaultObject::descriptor, std::to_string(epoch));
  if (!object) return object.error();
  return read_descriptor(*object);
}

Result<VaultDescriptor> VaultObjects::descriptor(const VaultId& vault) const {
  const Result<std::vector<std::string>> names = list(vault, VaultObject::descriptor);
  if (!names) return names.error();
  uint32_t highest = 0;
  for (const std::string& name : *names) {
    uint32_t epoch = 0;
    std::from_chars(name.data(), name.data() + name.size(), epoch);
    highest = std::max(highest, epoch);
  }
  if (highest == 0) return Error(ErrorKind::not_found, "vault " + vault.hex() + " is unknown here: its owner puts the descriptor first");
  return descriptor(vault, highest);
}

Result<bool> VaultObjects::put_descriptor(const VaultId& vault, std::string_view name, ByteSpan object, const HostId& writer) {
  const Result<VaultDescriptor> read = read_descriptor(object);
  if (!read) return read.error();
  if (read->vault != vault || std::to_string(read->epoch) != name) return wrong_name("the descriptor", name);
  if (read->owner != writer) return Error(ErrorKind::denied, "vault " + vault.hex() + " belongs to host " + read->owner.hex());
  const std::lock_guard lock(vaults_mutex_);
  if (const Result<void> allowed = may_add_vault(vault, writer); !allowed) return allowed.error();
  return put_verified(vault, VaultObject::descriptor, name, object, [&](ByteSpan standing) -> Result<void> {
    const Result<VaultDescriptor> its = read_descriptor(standing);
    if (!its) return its.error();
    return its->vault == vault && its->epoch == read->epoch ? Result<void>() : wrong_name("the descriptor", name);
  });
}

// A vault's id costs its owner nothing but a key, so their number has a limit.
Result<void> VaultObjects::may_add_vault(const VaultId& vault, const HostId& owner) const {
  const Result<std::vector<VaultId>> all = vaults();
  if (!all) return all.error();
  if (std::find(all->begin(), all->end(), vault) != all->end()) return {};
  const auto is_its = [&](const VaultId& other) {
    const Result<VaultDescriptor> known = descriptor(other);
    return known && known->owner == owner;
  };
  if (static_cast<size_t>(std::count_if(all->begin(), all->end(), is_its)) < kVaultsPerHostMax) return {};
  return Error(ErrorKind::no_space, "host " + owner.hex() + " has " + std::to_string(kVaultsPerHostMax) + " vaults here, which is the most");
}

Result<bool> VaultObjects::put_key_record(const VaultId& vault, std::string_view name, ByteSpan object) {
  if (sha256(object).hex() != name) return wrong_name("the key record", name);
  const Result<VaultDescriptor> known = descriptor(vault);
  if (!known) return known.error();
  const Result<KeyRecord> read = KeyRecord::read(object, known->signer);
  if (!read) return read.error();
  if (read->vault() != vault) return wrong_name("the key record", name);
  return put_verified(vault, VaultObject::key_record, name, object);
}

Result<bool> VaultObjects::put_block(const VaultId& vault, std::string_view name, ByteSpan object) {
  if (pack_list_digest(object).hex() != name) return wrong_name("the pack list block", name);
  const Result<PackListBlock> read = read_pack_list_block(object);
  if (!read) return read.error();
  if (read->vault != vault) return wrong_name("the pack list block", name);
  if (const Result<VaultDescriptor> known = descriptor(vault); !known) return known.error();
  return put_verified(vault, VaultObject::pack_list_block, name, object);
}

Result<bool> VaultObjects::put_verified(const VaultId& vault, VaultObject kind, std::string_view name, ByteSpan object, const IsWhole& is_whole) {
  if (!is_object_name(name)) return Error(ErrorKind::usage, in_quotes(name) + " is not the name of an object");
  const Path path = path_of(vault, kind, name);
  if (!has(vault, kind, name)) {
    const Result<void> written = write(path, object);
    if (written) return true;
    if (written.error().kind() != ErrorKind::exists) return written.error();
  }
  const Result<Bytes> there = read_standing(AT_FDCWD, path, kVaultObjectSizeMax, "reading " + in_quotes(path.native()));
  if (!there && !is_damage(there.error())) return there.error();
  if (there && same_bytes(*there, object)) {
    const Result<void> durable = folders_.confirm(path, 0700);
    return durable ? Result<bool>(false) : durable.error();
  }
  const Result<void> whole = there && is_whole ? is_whole(*there) : Error(ErrorKind::corrupt, "not of its digest");
  if (whole || !is_damage(whole.error())) return Error(ErrorKind::exists, "another object has the name " + in_quotes(name));
  log_warning(in_quotes(path.native()) + " is damaged; the same came again and takes its place");
  const Result<void> replaced = write(path, object, true);
  return replaced ? Result<bool>(true) : replaced.error();
}

Result<void> VaultObjects::write(const Path& path, ByteSpan object, bool replace) {
  Result<Space::Reservation> room = space_.reserve_in(folder_.parent_path(), std::max<uint64_t>(object.size(), kFileBytesMin));
  if (!room) return room.error();
  if (const Result<void> made = folders_.make(path.parent_path(), 0700); !made) return made;
  const uint64_t before = replace ? allocated_bytes(path) : 0;
  if (const Result<void> written = write_durably(path, object, {.mode = 0600, .replace = replace}); !written) return written;
  room->stored(allocated_bytes(path));
  space_.remove_stored(before);
  return {};
}

void VaultObjects::count_stored() const {
  const Result<std::vector<VaultId>> all = vaults();
  if (!all) return log_warning("not counted as stored: " + all.error().text());
  for (const VaultId& vault : *all)
    for (const VaultObject kind : kKinds) {
      const Result<std::vector<std::string>> names = list(vault, kind);
      for (const std::string& name : names ? *names : std::vector<std::string>()) space_.add_stored(allocated_bytes(path_of(vault, kind, name)));
    }
}

Result<Bytes> VaultObjects::get(const VaultId& vault, VaultObject kind, std::string_view name) const {
  if (!is_object_name(name)) return Error(ErrorKind::usage, in_quotes(name) + " is not the name of an object");
  return read_file(path_of(vault, kind, name), kVaultObjectSizeMax);
}

Result<VaultObjects::Opened> VaultObjects::open(const VaultId& vault, VaultObject kind, std::string_view name) const {
  if (!is_object_name(name)) return Error(ErrorKind::usage, in_quotes(name) + " is not the name of an object");
  const Path path = path_of(vault, kind, name);
  Opened opened{.file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
  struct stat facts {};
  if (!opened.file || ::fstat(opened.file.get(), &facts) != 0) return system_error("opening " + in_quotes(path.native()), errno);
  if (!S_ISREG(facts.st_mode)) return Error(ErrorKind::failed, in_quotes(path.native()) + " is no file");
  opened.size = static_cast<uint64_t>(facts.st_size);
  return opened;
}

Result<Time> VaultObjects::stored_at(const VaultId& vault, VaultObject kind, std::string_view name) const {
  if (!is_object_name(name)) return Error(ErrorKind::usage, in_quotes(name) + " is not the name of an object");
  return written_at(path_of(vault, kind, name));
}

bool VaultObjects::has(const VaultId& vault, VaultObject kind, std::string_view name) const {
  return is_object_name(name) && ::access(path_of(vault, kind, name).c_str(), F_OK) == 0;
}

void VaultObjects::remove_leftovers() const {
  const Result<std::vector<VaultId>> all = vaults();
  if (!all) return log_warning("leftovers stay: " + all.error().text());
  for (const VaultId& vault : *all)
    for (const VaultObject kind : kKinds)
      sparekeep::remove_leftovers(folder_ / vault.hex() / folder_of(kind));
}

Result<std::vector<VaultId>> VaultObjects::vaults() const {
  std::vector<VaultId> vaults;
  const Result<std::vector<std::string>> names = names_in(folder_);
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (const Result<VaultId> vault = VaultId::parse(name)) vaults.push_back(*vault);
  return vaults;
}

Result<std::vector<std::string>> VaultObjects::list(const VaultId& vault, VaultObject kind) const {
  Result<std::vector<std::string>> names = names_in(folder_ / vault.hex() / folder_of(kind));
  if (names) std::erase_if(*names, [](const std::string& name) { return !is_object_name(name); });  // leftovers of interrupted writes begin with a dot
  return names;
}

}  // namespace sparekeep::daemon
