// One backup without the service: an order as the central sends it, from a file. What comes of it waits on this host until the service sends it.
#include "agent/commands/commands.h"
#include "agent/orders/backup_order.h"
#include "agent/orders/order_check.h"
#include "agent/orders/own_state.h"
#include "agent/privileged/run_register.h"
#include "agent/privileged/unit_client.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"
#include "lib/net/message.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kOrderSizeMax = 4 << 20;

Outcome outcome_of(const RunResult& result) {
  if (result.state == "failed") return kind_of_wire_name(result.errors.empty() ? "" : result.errors.front().kind).value_or(ErrorKind::failed);
  if (result.state == "degraded") return ErrorKind::degraded;
  if (result.state == "partial") return ErrorKind::partial;
  return {};
}

Outcome back_up(CommandContext& context) {
  AgentHost host = AgentHost::open({Path(context.arguments.value("root").value())}, system_clock(), system_random());
  const std::string text = read_text(context.arguments.value("order").value(), kOrderSizeMax).value();
  const SignedOrder signed_order = from_json<SignedOrder>(text).value();
  const Order order = check_order(signed_order, {host.delegation, host.self, host.settings.allow_restore_to, host.clock.now()}).value();
  if (order.kind != "backup") throw Error(ErrorKind::usage, "the order is a " + order.kind + "; a backup is expected");
  RunRegister runs = RunRegister::open(orders_folder(host), host.clock).value();
  RunRegister::Entry entry = runs.begin(order.run, kOrderStep, order.expires).value();
  const RunResult result = run_backup_order(without_own_state(order, host.paths.agent_state()), host, with_rights(host, signed_order, order, {}));
  entry.done().value();
  for (const RunError& error : result.errors) context.console.warn((error.path.empty() ? "" : error.path + ": ") + error.text);
  for (const std::string& warning : result.warnings) context.console.warn(warning);
  if (const std::optional<std::string> expired = host.expired_master()) context.console.warn(*expired);
  if (context.console.json()) context.console.print_raw(to_json(result) + "\n");
  if (result.snapshot.empty()) return outcome_of(result);
  context.console.print("snapshot " + result.snapshot + ": " + std::to_string(result.files) + " files, " + format_size(result.bytes) + ", " +
                        format_size(result.new_bytes) + " new");
  return outcome_of(result);
}

}  // namespace

Command backup_command() {
  return {.name = "backup", .group = "Service", .summary = "carry out one order to back up",
          .options = {{.name = "order", .taking = Taking::value, .value_name = "FILE", .documentation = "the order, as the central signed it", .meaning = Meaning::file}},
          .positionals = {}, .example = "  sparekeep-agent backup --order order.json", .run = back_up};
}

}  // namespace sparekeep::agent
