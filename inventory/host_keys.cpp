#include "inventory/host_keys.h"

#include <algorithm>
#include <charconv>

#include "inventory/names.h"
#include "lib/base/text.h"
#include "lib/config/interpolate.h"
#include "lib/config/reference.h"

namespace sparekeep {

namespace {

constexpr int64_t kPortMax = 65535;
constexpr size_t kWordLengthMax = 255;                 // bytes: what the master file takes of a zone

ValueType<int64_t> port() { return integer_between(1, kPortMax); }

ValueType<std::string> address() { return text_that("an IP address or a DNS name", is_address); }

// Line breaks and their like, which no message and no file of settings is to show.
bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

// Where a variable stands, its value is checked when it is known.
ValueType<std::string> folder_path() {
  return text_that("an absolute path without '..'", [](std::string_view text) {
    const std::vector<std::string> names = split_text(text, '/');
    const bool plain = !has_controls(text) && std::find(names.begin(), names.end(), "..") == names.end();
    return plain && (text.starts_with('/') || text.starts_with("${"));
  });
}

ValueType<uint64_t> quota() {
  return parsed_text<uint64_t>("a size above 0 such as \"200 GiB\"", [](std::string_view text) -> Result<uint64_t> {
    Result<uint64_t> size = parse_size(text);
    if (size && *size == 0) return Error(ErrorKind::usage, "nothing could be stored");
    return size;
  });
}

ValueType<std::string> home_path() {
  return text_that("an absolute path, or one that begins with \"~/\"", [](std::string_view text) {
    const bool begins = text.starts_with('/') || text.starts_with("~/") || text.starts_with("${");
    return begins && !has_controls(text);
  });
}

ValueType<std::string> word(const std::string& name) {
  return text_that(name + " of at most " + std::to_string(kWordLengthMax) + " bytes", [](std::string_view text) {
    const auto plain = [](unsigned char c) { return c > ' ' && c != 0x7f; };
    return !text.empty() && text.size() <= kWordLengthMax && text[0] != '-' && std::all_of(text.begin(), text.end(), plain);
  });
}

Result<KeepFree> parse_keep_free(std::string_view text) {
  if (!text.ends_with('%')) {
    const Result<uint64_t> size = parse_size(text);
    if (!size) return size.error();
    return KeepFree{std::nullopt, *size};
  }
  uint32_t percent = 0;
  const char* last = text.data() + text.size() - 1;
  const auto [end, fault] = std::from_chars(text.data(), last, percent);
  if (fault != std::errc() || end != last || percent > 99) return Error(ErrorKind::usage, "no percentage");
  return KeepFree{percent, 0};
}

KeyTable<StorageSettings> storage_keys() {
  using S = StorageSettings;
  return {"'storage'",
          {
              key("path", &S::path, folder_path(), {"the folder that holds the shards, on the host", "`/srv/sparekeep`"}),
              key("keep_free", &S::keep_free,
                  parsed_text<KeepFree>("a percentage such as \"10%\", or a size such as \"200 GiB\",", parse_keep_free),
                  {"what the daemon leaves free on the file system", "`10%`"}),
              key("quota", &S::quota_bytes, quota(), {"the most that the daemon stores", "as much as `keep_free` leaves"}),
              key("lock", &S::lock, duration(),
                  {"how long nothing stored can be deleted; made longer from here, shorter by `sparekeepd lower-lock` on the host only", "`30d`"}),
              key("address", &S::address, address(), {"where agents reach the daemon", "the host's `address`"}),
              key("port", &S::port, port(), {"port of the daemon", "7421; a free one for local hosts"}),
          }};
}

}  // namespace

KeyTable<Host> host_keys() {
  const std::vector<std::pair<std::string, Connection>> connections{{"ssh", Connection::ssh}, {"local", Connection::local}};
  const std::vector<std::pair<std::string, HostKeyCheck>> checks{{"strict", HostKeyCheck::strict},
                                                                 {"accept-new", HostKeyCheck::accept_new}};
  const std::vector<std::pair<std::string, Supervise>> supervisors{{"systemd", Supervise::systemd}, {"process", Supervise::process}};
  const std::vector<std::pair<std::string, HostRole>> roles{{"storage", HostRole::storage}, {"backup", HostRole::backup}};
  return {"a host",
          {
              key("connection", &Host::connection, one_of(connections),
                  {"how the central reaches the host; `local` plays a host on this machine", "`ssh`"}),
              key("address", &Host::address, address(),
                  {"IP address or DNS name, resolved by whoever connects", "the host's name; 127.0.0.1 for local hosts"}),
              key("root", &Host::root, home_path(),
                  {"the folder that plays `/` of a local host; each has its own", "required for local hosts"}),
              key("user", &Host::user, word("a user's name"), {"who logs in over SSH", "`root`"}),
              key("port", &Host::port, port(), {"port of SSH", "22"}),
              key("identity", &Host::identity, home_path(), {"private key for SSH", "the SSH agent"}),
              key("host_keys", &Host::host_keys, one_of(checks), {"what happens with a host key that is not known", "`strict`"}),
              key("become", &Host::become, flag(), {"run what needs root by `sudo -n`", "`false`"}),
              key("vars", &Host::vars,
                  map_of_texts("a table of strings whose keys are names of letters, digits and '_', without 'host',",
                               [](std::string_view name) { return is_variable_name(name) && name != "host"; }),
                  {"what `${name}` stands for in playbooks, `root`, `address` and `storage`; `${host}` is the host's name", "none"}),
              key("roles", &Host::roles, list_of("a list of 'storage' and 'backup'", one_of(roles)),
                  {"`storage` keeps shards, `backup` is backed up; those of several groups add up", "none"}),
              key("storage", &Host::storage, table_of(storage_keys()), {"of the daemon on this host", "none"}),
              key("zone", &Host::zone, word("a name"), {"failure domain: shards of a pack go to different zones first", "the host's name"}),
              key("allow_restore_to", &Host::allow_restore_to, list_of("a list of absolute paths", folder_path()),
                  {"where unsigned orders may restore to", "`/var/lib/sparekeep/restore`"}),
              key("supervise", &Host::supervise, one_of(supervisors),
                  {"what keeps the programs of a host reached over SSH running; `process`: nothing, they run in the background", "`systemd` where the host has it"}),
          }};
}

KeyTable<CentralAddress> central_keys() {
  using C = CentralAddress;
  return {
      "[central]",
      {
          key("address", &C::address, address(), {"where hosts reach the central", "the address of this machine on the way to the host"}),
          key("port", &C::port, port(), {"port of the central", "7420; a free one when all hosts are local"}),
      }};
}

std::string inventory_reference() {
  std::vector<KeyDoc> group = {
      {"hosts", "a list of host names, ranges and groups", "none", "the members: `store[1:6]` is store1 to store6", false, {}}};
  return reference_page("Inventory: every key", {{"`[defaults]`, `[groups.NAME]`, `[hosts.NAME]`",
                                                  "The nearest wins: host, then group, then defaults.", host_keys().docs()},
                                                 {"`[groups.NAME]`, besides", "A group takes every key of a host, and:", group},
                                                 {"`[central]`", "", central_keys().docs()}});
}

}  // namespace sparekeep
