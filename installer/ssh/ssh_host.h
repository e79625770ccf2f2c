// A host at the other end of an SSH connection.
#pragma once

#include "installer/host/host.h"
#include "installer/ssh/ssh_session.h"

namespace sparekeep::central {

struct Become {
  bool wanted = false;                         // run by sudo
  std::function<Secret()> password = {};       // asked for once for all hosts; none: sudo -n
};

class SshHost final : public HostAccess {
 public:
  SshHost(SshTarget target, KeyRing& ring, Become become, const Clock& clock);
  const std::string& name() const override { return name_; }
  Result<ScriptResult> run(const ScriptRun& run) override;      // opens the connection at the first one
  bool shares_files() const override { return false; }
  Result<std::string> central_address() override;

 private:
  const std::string name_;
  const Become become_;
  SshSession session_;
};

}  // namespace sparekeep::central
