// Where a host is logged in to. What the inventory gave stands here; what it did not give ~/.ssh/config says, under `name`.
#pragma once

#include <optional>
#include <string>

#include "inventory/host.h"

namespace sparekeep::central {

struct SshTarget {
  std::string name;                           // of the host in the inventory; a `Host` pattern of ~/.ssh/config may fit it
  std::optional<std::string> address, user;   // none: HostName and User of ~/.ssh/config, or the name itself and root
  std::optional<uint16_t> port;               // none: Port of ~/.ssh/config, or 22
  std::string identity;                       // empty: the ssh agent, IdentityFile of ~/.ssh/config, the keys in ~/.ssh
  HostKeyCheck host_keys = HostKeyCheck::strict;
  std::string home;                           // what ~ stands for
};

SshTarget ssh_target(const Host& host, const std::string& home);

}  // namespace sparekeep::central
