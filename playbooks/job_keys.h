// The key tables of backup and restore jobs: what may stand in [[backup]], [[restore]] and their defaults.
#pragma once

#include "lib/config/key_table.h"
#include "playbooks/jobs.h"

namespace sparekeep {

KeyTable<BackupJob> backup_keys();
KeyTable<RestoreJob> restore_keys();

ValueType<std::string> job_name();

std::string playbook_reference();  // docs/reference-playbook.md

}  // namespace sparekeep
