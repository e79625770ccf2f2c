// From a registered job and a host to the order that is sent: ids filled in, the source of a restore found in the catalogue.
#pragma once

#include "installer/central/catalogue.h"
#include "lib/wire/job_definition.h"

namespace sparekeep::central {

struct OrderInput {
  const JobEntry& job;
  const HostDefinition& definition;
  HostId host;
  bool check = false;                        // restores say what they would do
};

// All but run, times and key. not_found: the restore's source has no snapshot (the text says of which job and host).
Result<Order> make_order(Catalogue& catalogue, const OrderInput& input);

}  // namespace sparekeep::central
