// Makes the registered jobs of a playbook's name equal to the file. A job keeps its id for ever; its default redundancy is
// fixed when it is first registered; a job name belongs to one playbook.
#pragma once

#include "installer/central/catalogue.h"
#include "installer/jobs/declared_job.h"
#include "lib/base/random.h"

namespace sparekeep::central {

struct Registration {
  std::vector<JobEntry> jobs;                // all that were declared, as they are to be registered
  std::vector<JobEntry> put;                 // of those the new and changed ones, and the retired ones
  std::vector<std::string> added, changed, retired;   // names
  bool changes() const { return !put.empty(); }
};

struct RegistryInput {
  std::string playbook;                      // its name
  std::vector<DeclaredJob> jobs;
  bool retire = true;                        // what the file does not declare any more
  Time now;
};

// Throws usage when a name belongs to another playbook, or to a job of another kind. Writes nothing.
Registration plan_registration(Catalogue& catalogue, const RegistryInput& input, Random& random);

// Throws corrupt; an empty definition (a rebuilt catalogue) has no hosts.
JobDefinition definition_of(const JobEntry& job);

}  // namespace sparekeep::central
