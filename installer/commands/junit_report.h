// --junit FILE: what a command did on hosts as JUnit XML, written when it is over, however it ended: also by an error or a signal.
#pragma once

#include "lib/base/files.h"
#include "lib/cli/command.h"
#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

Option junit_option();

class JunitReport {
 public:
  // Throws usage where the file could not be written at the end.
  JunitReport(const CommandContext& context, const HostTasks& tasks, std::string command);

  // Does the work of the command and writes the report. What the work throws is thrown, after it stands in the report.
  Outcome around(const std::function<Outcome()>& work) const;
  void interrupted() const;                  // of another thread, while the work goes on

 private:
  Result<void> write(const std::string& fault) const;

  const CommandContext& context_;
  const HostTasks& tasks_;
  const std::string command_;
  const Time began_;
  const Duration boot_began_;
  Path file_;                                // empty: not wanted
};

}  // namespace sparekeep::central
