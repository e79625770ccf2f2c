// /etc/sparekeep/daemon.toml: written by install, read here.
#pragma once

#include "daemon/shards/space.h"
#include "inventory/master/delegation.h"
#include "lib/config/key_table.h"
#include "lib/crypt/signature.h"
#include "lib/host/host_paths.h"
#include "lib/net/endpoint.h"

namespace sparekeep::daemon {

struct ListenSettings {
  std::string address = "::";
  uint16_t port = 7421;
  bool operator==(const ListenSettings&) const = default;
};

struct CentralSettings {
  std::string address;
  uint16_t port = 7420;
  Duration retry = std::chrono::seconds(30);       // the longest wait between two tries while no central answers
  bool operator==(const CentralSettings&) const = default;
};

struct StorageSettings {
  std::string path = "/srv/sparekeep";             // below the host's root
  KeepFree keep_free{.bytes = 0, .percent = 10};
  uint64_t quota_bytes = 0;                        // 0: none
  Duration lock = std::chrono::hours(30 * 24);
  SpaceLimits limits() const { return {keep_free, quota_bytes ? std::optional(quota_bytes) : std::nullopt}; }
  bool operator==(const StorageSettings&) const = default;
};

struct DaemonSettings {
  std::string host;                                // the host's name, for messages
  PublicKey root_key;                              // the pinned offline root
  ListenSettings listen;
  CentralSettings central;
  StorageSettings storage;
  bool operator==(const DaemonSettings&) const = default;
};

KeyTable<DaemonSettings> daemon_keys();

// What a daemon that runs with `own` may take up of `now` without a new start. denied: something else differs, too.
Result<SpaceLimits> changed_limits(DaemonSettings own, const DaemonSettings& now);

DaemonSettings read_settings(const HostPaths& paths);   // throws usage (what is wrong, and where), or no_state
Delegation read_pinned_delegation(const HostPaths& paths, const DaemonSettings& settings);   // throws

}  // namespace sparekeep::daemon
