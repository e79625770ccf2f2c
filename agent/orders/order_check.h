// Is an order to be obeyed? The signature is checked over the exact text before anything in it is read; then host, time, and what an order
// without an admin's signature may not do.
#pragma once

#include "agent/settings.h"
#include "inventory/master/delegation.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

struct OrderRules {
  const Delegation& delegation;
  HostId self;
  const std::vector<std::string>& allow_restore_to;
  Time now;
};

// denied: signature, host, expired, a path that is not normal, hooks or target that only an admin may order. corrupt: no order.
Result<Order> check_order(const SignedOrder& signed_order, const OrderRules& rules);

// The folder of allow_restore_to that a checked restore without an admin's signature must stay in, links included; empty: an admin says where.
std::string confinement_of(const SignedOrder& signed_order, const Order& order, const std::vector<std::string>& allow_restore_to);

}  // namespace sparekeep::agent
