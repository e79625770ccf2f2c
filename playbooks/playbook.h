// A playbook as its file says it. Reading needs no inventory; playbooks/bind.h checks it against one.
#pragma once

#include <filesystem>

#include "playbooks/jobs.h"

namespace sparekeep {

struct DeclaredBackup {
  BackupJob job;                             // strings may hold ${...}
  ConfigTable table;                         // defaults.backup below it: the places of every key
};

struct DeclaredRestore {
  RestoreJob job;
  ConfigTable table;
};

struct Playbook {
  std::string name;
  std::string file;
  std::string text;                          // the file itself, for the central to register
  std::vector<DeclaredBackup> backups;       // in the order of the file
  std::vector<DeclaredRestore> restores;
};

// Both throw usage with `file:line:column: what; expected`.
Playbook parse_playbook(std::string_view text, std::string_view file);
Playbook read_playbook(const std::filesystem::path& file);

}  // namespace sparekeep
