// This machine playing a host.
#pragma once

#include "installer/host/host.h"

namespace sparekeep::central {

class LocalHost final : public HostAccess {
 public:
  LocalHost(std::string name, const Clock& clock) : name_(std::move(name)), clock_(clock) {}
  const std::string& name() const override { return name_; }
  Result<ScriptResult> run(const std::string& script, Duration limit) override;
  Result<Path> bring(const Path& file) override { return file; }

 private:
  std::string name_;
  const Clock& clock_;
};

}  // namespace sparekeep::central
