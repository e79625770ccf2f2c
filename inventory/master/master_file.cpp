#include "inventory/master/master_file.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"
#include "lib/vault/prelude.h"

namespace sparekeep {

namespace {

constexpr std::string_view kDomain = "sparekeep master file v1";
constexpr size_t kNameMax = 255, kSerialMax = 128;
constexpr uint8_t kStates = 6;

Error corrupt(std::string_view what) { return Error(ErrorKind::corrupt, "master file: " + std::string(what)); }

void write_system(ByteWriter& writer, const StorageSystem& system) {
  writer.raw(system.id.bytes());
  writer.text(system.name);
  writer.raw(system.machine.bytes());
  writer.text(system.address);
  writer.u16(system.port);
  writer.text(system.zone);
  writer.u8(static_cast<uint8_t>(system.state));
  writer.u64(system.capacity_bytes);
  writer.u64(system.available_bytes);
  writer.u64(system.stored_bytes);
  writer.i64(system.reported.nanoseconds);
}

StorageSystem read_system(ByteReader& reader) {
  StorageSystem out;
  out.id = HostId::read(reader);
  out.name = reader.text(kNameMax);
  out.machine = MachineId::read(reader);
  out.address = reader.text(kNameMax);
  out.port = reader.u16();
  out.zone = reader.text(kNameMax);
  const uint8_t state = reader.u8();
  if (state == 0 || state > kStates) reader.fail();
  out.state = static_cast<SystemState>(state);
  out.capacity_bytes = reader.u64();
  out.available_bytes = reader.u64();
  out.stored_bytes = reader.u64();
  out.reported = Time{reader.i64()};
  return out;
}

void read_lists(ByteReader& reader, MasterFile& out) {
  const uint64_t systems = reader.varint(kMasterSystemsMax);
  for (uint64_t i = 0; i < systems && reader.ok(); ++i) out.systems.push_back(read_system(reader));
  const uint64_t writers = reader.varint(kMasterWritersMax);
  for (uint64_t i = 0; i < writers && reader.ok(); ++i) {
    Writer writer;
    writer.vault = VaultId::read(reader);
    writer.host = HostId::read(reader);
    out.writers.push_back(writer);
  }
  const uint64_t revoked = reader.varint(kMasterRevokedMax);
  for (uint64_t i = 0; i < revoked && reader.ok(); ++i) out.revoked.push_back(reader.text(kSerialMax));
}

void write_fields(ByteWriter& writer, const MasterFile& file) {
  write_prelude(writer, ObjectKind::master_file);
  writer.blob(file.delegation_object);
  writer.u64(file.number);
  writer.raw(file.before.bytes());
  writer.i64(file.issued.nanoseconds);
  writer.i64(file.expires.nanoseconds);
  writer.varint(file.systems.size());
  for (const StorageSystem& system : file.systems) write_system(writer, system);
  writer.varint(file.writers.size());
  for (const Writer& one : file.writers) {
    writer.raw(one.vault.bytes());
    writer.raw(one.host.bytes());
  }
  writer.varint(file.revoked.size());
  for (const std::string& serial : file.revoked) writer.text(serial);
}

Result<void> check_length(std::string_view what, std::string_view text, size_t length_max) {
  if (text.size() <= length_max) return {};
  return corrupt(std::string(what) + " of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(length_max) + " are taken");
}

Result<void> check_count(std::string_view what, size_t count, size_t count_max) {
  if (count <= count_max) return {};
  return corrupt(std::to_string(count) + " " + std::string(what) + "; at most " + std::to_string(count_max) + " are taken");
}

// What its reader takes: a file beyond it would be refused by every host, and by the central itself.
Result<void> check_limits(const MasterFile& file) {
  for (const StorageSystem& system : file.systems) {
    const std::string of = " of system " + in_quotes(system.name.substr(0, kNameMax));
    for (const auto& [what, text] : {std::pair("a name", &system.name), std::pair("an address", &system.address), std::pair("a zone", &system.zone)})
      if (const Result<void> fits = check_length(what + of, *text, kNameMax); !fits) return fits;
  }
  for (const std::string& serial : file.revoked)
    if (const Result<void> fits = check_length("a revoked serial", serial, kSerialMax); !fits) return fits;
  if (const Result<void> fits = check_count("systems", file.systems.size(), kMasterSystemsMax); !fits) return fits;
  if (const Result<void> fits = check_count("writers", file.writers.size(), kMasterWritersMax); !fits) return fits;
  return check_count("revoked certificates", file.revoked.size(), kMasterRevokedMax);
}

Result<void> check_values(const MasterFile& file) {
  if (file.number == 0) return corrupt("number 0; the first is 1");
  for (size_t i = 0; i < file.systems.size(); ++i) {
    const StorageSystem& system = file.systems[i];
    if (i > 0 && file.systems[i - 1].id >= system.id) return corrupt("systems are not sorted by id, each once");
    const std::string name = in_quotes(system.name);
    if (system.name.empty()) return corrupt("system " + system.id.hex() + " has no name");
    if (system.address.empty() || system.port == 0) return corrupt("system " + name + " has no address or port");
    if (system.available_bytes > system.capacity_bytes) return corrupt("system " + name + " has more available than its capacity");
  }
  return {};
}

uint64_t difference(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

bool same_but_numbers(const StorageSystem& a, const StorageSystem& b) {
  return a.id == b.id && a.name == b.name && a.machine == b.machine && a.address == b.address && a.port == b.port && a.zone == b.zone &&
         a.state == b.state;
}

bool moved_enough(const StorageSystem& a, const StorageSystem& b) {
  const uint64_t step = std::max(a.capacity_bytes, b.capacity_bytes) / 100;
  return difference(a.available_bytes, b.available_bytes) > step || difference(a.capacity_bytes, b.capacity_bytes) > step ||
         (a.available_bytes < kFullBelow) != (b.available_bytes < kFullBelow);
}

}  // namespace

std::string_view name_of(SystemState state) {
  switch (state) {
    case SystemState::fresh: return "new";
    case SystemState::up: return "up";
    case SystemState::late: return "late";
    case SystemState::offline: return "offline";
    case SystemState::draining: return "draining";
    case SystemState::undeclared: return "undeclared";
  }
  return "?";
}

Result<SystemState> system_state_from(std::string_view name) {
  for (uint8_t value = 1; value <= kStates; ++value) {
    if (name_of(static_cast<SystemState>(value)) == name) return static_cast<SystemState>(value);
  }
  return Error(ErrorKind::corrupt, in_quotes(name) + " is no state of a system");
}

std::string MasterVersion::text() const { return std::to_string(epoch) + "." + std::to_string(number); }

Result<MasterVersion> master_version_from(std::string_view text) {
  MasterVersion out;
  const char* const end = text.data() + text.size();
  const auto epoch = std::from_chars(text.data(), end, out.epoch);
  if (epoch.ec == std::errc() && epoch.ptr != end && *epoch.ptr == '.') {
    const auto number = std::from_chars(epoch.ptr + 1, end, out.number);
    if (number.ec == std::errc() && number.ptr == end && out.text() == text) return out;
  }
  return Error(ErrorKind::usage, in_quotes(text) + " is no version of a master file; expected EPOCH.NUMBER");
}

const StorageSystem* MasterFile::find(const HostId& id) const {
  const auto at = std::lower_bound(systems.begin(), systems.end(), id, [](const StorageSystem& system, const HostId& wanted) {
    return system.id < wanted;
  });
  return at != systems.end() && at->id == id ? &*at : nullptr;
}

bool MasterFile::is_revoked(std::string_view serial) const { return std::find(revoked.begin(), revoked.end(), serial) != revoked.end(); }

bool MasterFile::may_write(const VaultId& vault, const HostId& host) const {
  return std::find(writers.begin(), writers.end(), Writer{vault, host}) != writers.end();
}

MasterCopy sign_master_file(MasterFile file, const SigningKey& signer) {
  SK_CHECK(file.delegation.master_signer == signer.public_key());
  std::sort(file.systems.begin(), file.systems.end(), [](const StorageSystem& a, const StorageSystem& b) { return a.id < b.id; });
  check_limits(file).value();
  check_values(file).value();
  ByteWriter writer;
  write_fields(writer, file);
  file.signature = signer.sign(kDomain, writer.bytes());
  writer.raw(file.signature.bytes());
  MasterCopy out{.file = std::move(file), .object = writer.take(), .digest = {}};
  if (out.object.size() > kMasterSizeMax) throw corrupt(std::to_string(out.object.size()) + " bytes; at most " + std::to_string(kMasterSizeMax) + " are taken");
  out.digest = sha256(out.object);
  return out;
}

Result<MasterCopy> read_master_file(ByteSpan object, const PublicKey& pinned_root) {
  if (object.size() > kMasterSizeMax) return corrupt("over " + std::to_string(kMasterSizeMax) + " bytes");
  ByteReader reader(object);
  if (const Result<void> prelude = read_prelude(reader, ObjectKind::master_file); !prelude) return prelude.error();
  MasterFile file;
  const ByteSpan delegation = reader.blob(kDelegationSizeMax);
  file.delegation_object.assign(delegation.begin(), delegation.end());
  file.number = reader.u64();
  file.before = Digest::read(reader);
  file.issued = Time{reader.i64()};
  file.expires = Time{reader.i64()};
  read_lists(reader, file);
  const size_t signed_length = object.size() - reader.left();
  file.signature = Signature::read(reader);
  if (const Result<void> whole = reader.finish("master file"); !whole) return whole.error();
  Result<Delegation> trust = during("master file", read_delegation(file.delegation_object, pinned_root));
  if (!trust) return trust.error();
  file.delegation = std::move(*trust);
  if (!verify_signature(file.delegation.master_signer, kDomain, object.first(signed_length), file.signature)) {
    return corrupt("its signature does not verify");
  }
  if (const Result<void> sane = check_values(file); !sane) return sane.error();
  return MasterCopy{.file = std::move(file), .object = Bytes(object.begin(), object.end()), .digest = sha256(object)};
}

bool changed_enough(const std::vector<StorageSystem>& published, const std::vector<StorageSystem>& now) {
  if (published.size() != now.size()) return true;
  for (const StorageSystem& system : now) {
    const auto before = std::find_if(published.begin(), published.end(), [&](const StorageSystem& other) { return other.id == system.id; });
    if (before == published.end() || !same_but_numbers(*before, system) || moved_enough(*before, system)) return true;
  }
  return false;
}

}  // namespace sparekeep
