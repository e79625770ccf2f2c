// A host with root's files in place, below a folder: settings, delegation, host id, and the state of an agent. Orders for it are signed by its admin.
#pragma once

#include "agent/privileged/channel.h"
#include "agent/privileged/unit.h"
#include "lib/wire/privileged.h"
#include "test/support/temporary_folder.h"
#include "test/support/trust.h"

namespace sparekeep {

class UnitHost {
 public:
  explicit UnitHost(const std::string& authority_pem = "-----BEGIN CERTIFICATE-----\n");

  Order order(const std::string& kind);                          // for this host, issued now, a run of its own
  SignedOrder sign(const Order& order) const;
  static SignedOrder unsign(const Order& order);
  static PrivilegedRequest request(std::string_view step, SignedOrder order) { return {kProtocolVersion, std::string(step), {}, std::move(order)}; }

  HostPaths paths() const { return {folder_.path()}; }
  agent::UnitWorld world() const { return {paths(), system_clock(), system_random()}; }
  // The unit's last answer to bytes as they come from a caller, which closes its sending side first where `cut` is set.
  PrivilegedAnswer answer_to_bytes(agent::Unit unit, ByteSpan bytes, bool cut = false) const;
  PrivilegedAnswer answer_to(agent::Unit unit, const PrivilegedRequest& request) const;

  TestTrust trust;
  HostId self;
  uid_t agent_uid = 0;                                           // root's tests: another than root

 private:
  TemporaryFolder folder_;
};

}  // namespace sparekeep
