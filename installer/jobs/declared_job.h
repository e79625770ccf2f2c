// The jobs of a playbook in the form that the central registers: for each host the order that a run is made from.
#pragma once

#include <string>
#include <vector>

#include "lib/wire/job_definition.h"
#include "playbooks/bind.h"

namespace sparekeep::central {

struct DeclaredJob {
  std::string name, kind;            // "backup", "restore"
  std::string schedule;              // empty: due at every apply
  bool redundancy_given = false;     // written in the playbook, not the inventory's default
  std::string at, from_at;           // where it stands in the file; of a restore, its source
  JobDefinition definition;          // hosts in the inventory's order
};

// Backups first, in the order of the file. Throws usage, with its place, for what this version does not carry out
// (hooks of restores).
std::vector<DeclaredJob> declared_jobs(const Playbook& playbook, const BoundPlaybook& bound);

// What is declared and kept, and not acted on by this version: one line each, for a warning.
std::vector<std::string> not_acted_on(const Playbook& playbook);

}  // namespace sparekeep::central
