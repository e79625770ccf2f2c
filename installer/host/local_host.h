// This machine playing a host.
#pragma once

#include "installer/host/host.h"

namespace sparekeep::central {

class LocalHost final : public HostAccess {
 public:
  LocalHost(std::string name, const Clock& clock) : name_(std::move(name)), clock_(clock) {}
  const std::string& name() const override { return name_; }
  Result<ScriptResult> run(const ScriptRun& run) override;
  bool shares_files() const override { return true; }
  Result<std::string> central_address() override { return std::string("127.0.0.1"); }

 private:
  std::string name_;
  const Clock& clock_;
};

}  // namespace sparekeep::central
