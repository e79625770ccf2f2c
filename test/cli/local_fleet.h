// Nine local hosts and a central of their own, below one folder: six storage hosts in three zones, two that are backed up, one to
// restore to. What it started is killed, by pid, when it dies.
#pragma once

#include "test/cli/program_run.h"
#include "test/support/temporary_folder.h"

namespace sparekeep {

class LocalFleet {
 public:
  LocalFleet();
  ~LocalFleet();

  ProgramRun sparekeep(const std::vector<std::string>& arguments, const SentSignal& sent = {}) const;
  void write_playbook(const std::string& text) const;        // to playbook()
  std::string playbook() const { return (folder_ / "playbook.toml").string(); }
  std::filesystem::path source(const std::string& host) const { return folder_ / "files" / host; }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  bool kill_daemon(const std::string& host) const;           // -9; false: it was not running

 private:
  TemporaryFolder folder_;
};

}  // namespace sparekeep
