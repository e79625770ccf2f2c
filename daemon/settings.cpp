#include "daemon/settings.h"

#include <charconv>

#include "lib/base/text.h"
#include "lib/config/toml.h"

namespace sparekeep::daemon {

namespace {

Result<KeepFree> parse_keep_free(std::string_view text) {
  if (!text.ends_with('%')) {
    const Result<uint64_t> size = parse_size(text);
    if (!size) return size.error();
    return KeepFree{.bytes = *size, .percent = 0};
  }
  unsigned percent = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size() - 1, percent);
  if (fault != std::errc() || end != text.data() + text.size() - 1 || percent > 99) return Error(ErrorKind::usage, "no percentage");
  return KeepFree{.bytes = 0, .percent = percent};
}

KeyTable<ListenSettings> listen_keys() {
  using S = ListenSettings;
  return {"'listen'", {
      key("address", &S::address, any_text(), {"the address to listen on; `::` is every one, of IPv4 too", "`::`"}),
      key("port", &S::port, integer_between(1, 65535), {"the port to listen on", "7421"}),
  }};
}

KeyTable<CentralSettings> central_keys() {
  using S = CentralSettings;
  return {"'central'", {
      key("address", &S::address, any_text(), {"where the central answers", "", true}),
      key("port", &S::port, integer_between(1, 65535), {"its port", "7420"}),
      key("retry", &S::retry, duration(), {"the longest wait between two tries while no central answers", "`30s`"}),
  }};
}

KeyTable<StorageSettings> storage_keys() {
  using S = StorageSettings;
  return {"'storage'", {
      key("path", &S::path, absolute_path(), {"the folder that holds the shards", "`/srv/sparekeep`"}),
      key("keep_free", &S::keep_free, parsed_text<KeepFree>("a percentage or a size", parse_keep_free), {"what stays free", "`10%`"}),
      key("quota", &S::quota_bytes, size_in_bytes(), {"the most that is stored", "as much as `keep_free` leaves"}),
      key("lock", &S::lock, duration(), {"how long nothing stored can be deleted", "`30d`"}),
  }};
}

}  // namespace

KeyTable<DaemonSettings> daemon_keys() {
  using S = DaemonSettings;
  return {"daemon.toml", {
      key("host", &S::host, any_text(), {"the host's name in the inventory", "", true}),
      key("root_key", &S::root_key, parsed_text<PublicKey>("64 hexadecimal digits", PublicKey::parse), {"the pinned offline root", "", true}),
      key("listen", &S::listen, table_of(listen_keys()), {"where the daemon answers", "all addresses, port 7421"}),
      key("central", &S::central, table_of(central_keys()), {"the central", "", true}),
      key("storage", &S::storage, table_of(storage_keys()), {"the spare disk", "`/srv/sparekeep`"}),
  }};
}

Result<SpaceLimits> changed_limits(DaemonSettings own, const DaemonSettings& now) {
  own.storage.keep_free = now.storage.keep_free, own.storage.quota_bytes = now.storage.quota_bytes;
  if (own != now) return Error(ErrorKind::denied, "more than keep_free and quota has changed in daemon.toml; that takes a new start");
  return now.storage.limits();
}

DaemonSettings read_settings(const HostPaths& paths) {
  const Path file = paths.daemon_settings();
  if (!std::filesystem::exists(file)) throw Error(ErrorKind::no_state, in_quotes(file.native()) + " is not there; run install on the central");
  return daemon_keys().read(read_toml(file).value());
}

Delegation read_pinned_delegation(const HostPaths& paths, const DaemonSettings& settings) {
  return read_delegation(read_file(paths.delegation(), kDelegationSizeMax).value(), settings.root_key).value();
}

}  // namespace sparekeep::daemon
