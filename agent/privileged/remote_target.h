// A TargetWriter whose every step is done by the process at the other end (target_server.h). Contents do not pass through it: a file that is being
// written comes as a descriptor. One question at a time.
#pragma once

#include "agent/privileged/channel.h"
#include "agent/privileged/target_messages.h"
#include "agent/restore/target_writer.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

// Throws closed or timeout where the other process is not there any more: no step can be done then.
class TargetConnection {
 public:
  TargetConnection(Descriptor socket, const Clock& clock) : channel_(std::move(socket), kTargetMessageMax), clock_(clock) { channel_.take_descriptors(); }

  Result<TargetAnswer> ask(const TargetQuestion& question);         // the answer's own failure as an Error
  Descriptor passed() { return channel_.passed(); }
  void set_warning_sink(WarningSink warn) { warn_ = std::move(warn); }

  void progress(const RunProgress& progress);
  void end(const PrivilegedAnswer& answer);

 private:
  Channel channel_;
  const Clock& clock_;
  WarningSink warn_;
};

// Null where the order only looks and there is no target. `connection` must outlive it.
Result<std::unique_ptr<TargetWriter>> open_remote_target(TargetConnection& connection, bool numeric_owner, WarningSink warn);

}  // namespace sparekeep::agent
