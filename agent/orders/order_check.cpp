#include "agent/orders/order_check.h"

#include <algorithm>
#include <set>

#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

Error denied(std::string text) { return Error(ErrorKind::denied, std::move(text)); }

bool is_unsigned(const SignedOrder& order) { return order.key.empty() && order.signature.empty(); }

// true: an admin signed it. An order with a key but without a good signature is refused whole.
Result<bool> is_signed(const SignedOrder& order, const Delegation& delegation) {
  if (is_unsigned(order)) return false;
  const Result<PublicKey> key = PublicKey::parse(order.key);
  const Result<Signature> signature = Signature::parse(order.signature);
  if (!key || !signature || !delegation.has_admin(*key)) return denied("the order is signed by nobody whom this host knows as an admin");
  if (!verify_signature(*key, kOrderDomain, as_bytes(order.text), *signature)) return denied("the order's signature does not fit its text");
  return true;
}

// Whoever reads a playbook or a command line makes its paths normal. One that is not was made so that it is checked as one place and opened as another.
Result<void> check_paths(const Order& order) {
  const auto check = [](const std::string& what, const std::string& path) -> Result<void> {
    if (path_is_normal(path)) return {};
    return denied("a " + what + " " + in_quotes(path) + ", which is not a plain absolute path");
  };
  Result<void> plain;
  for (const std::string& path : order.backup.paths)
    if (plain) plain = check("backup of", path);
  for (const std::string& path : order.backup.exclude_files)
    if (plain) plain = check("list of what is left out", path);
  if (plain && order.kind == "restore") plain = check("restore to", order.restore.target);
  if (plain && !order.restore.path.empty()) plain = check("restore of", order.restore.path);
  return plain;
}

// Whoever reads a playbook sees to that: a name that leads elsewhere, or one of two, was made by somebody else.
Result<void> check_commands(const std::vector<CommandSource>& commands) {
  std::set<std::string> names;
  for (const CommandSource& command : commands)
    if (!path_is_normal(path_of(command)) || command.name.find('/') != std::string::npos || !names.insert(command.name).second)
      return denied("a command " + in_quotes(command.name) + ", which is no name of a file of its own");
  return {};
}

Result<void> check_unsigned(const Order& order, const OrderRules& rules) {
  if (!order.backup.before.empty() || !order.backup.after.empty()) return denied("hooks need an admin's signature");
  if (!order.backup.commands.empty()) return denied("commands need an admin's signature");
  if (order.kind != "restore") return {};
  const auto allowed = [&](const std::string& folder) { return path_is_within(order.restore.target, folder); };
  if (std::any_of(rules.allow_restore_to.begin(), rules.allow_restore_to.end(), allowed)) return {};
  return denied("a restore to " + in_quotes(order.restore.target) + " needs an admin's signature; without one only below " +
                joined(rules.allow_restore_to, ", "));
}

}  // namespace

Result<Order> check_order(const SignedOrder& signed_order, const OrderRules& rules) {
  const Result<bool> by_admin = is_signed(signed_order, rules.delegation);
  if (!by_admin) return by_admin.error();
  Result<Order> order = from_json<Order>(signed_order.text);
  if (!order) return order.error().during("the order");
  if (order->format < 1 || order->format > kOrderFormatMax)
    return Error(ErrorKind::unsupported, "an order of format " + std::to_string(order->format) + "; upgrade this host");
  if (order->host != rules.self) return denied("the order is for host " + order->host.hex());
  if (order->expires < rules.now) return denied("the order expired at " + to_rfc3339(order->expires));
  if (const Result<void> plain = check_paths(*order); !plain) return plain.error();
  if (const Result<void> named = check_commands(order->backup.commands); !named) return named.error();
  if (!*by_admin)
    if (const Result<void> allowed = check_unsigned(*order, rules); !allowed) return allowed.error();
  return order;
}

std::string confinement_of(const SignedOrder& signed_order, const Order& order, const std::vector<std::string>& allow_restore_to) {
  if (!is_unsigned(signed_order) || order.kind != "restore") return {};
  const auto folder = std::find_if(allow_restore_to.begin(), allow_restore_to.end(),
                                   [&](const std::string& allowed) { return path_is_within(order.restore.target, allowed); });
  SK_CHECK(folder != allow_restore_to.end());
  return *folder;
}

}  // namespace sparekeep::agent
