#include "installer/commands/host_selection.h"

#include "inventory/selection.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kNotDoneFile = "not-done";

}  // namespace

std::vector<Host> selected_hosts(const Arguments& arguments, const Inventory& inventory) {
  const std::optional<std::string> limit = arguments.value("limit");
  if (!limit) return inventory.hosts;
  std::vector<Host> hosts;
  for (const std::string& name : select_hosts(inventory, *limit)) hosts.push_back(*inventory.find(name));
  return hosts;
}

bool lists_hosts(CommandContext& context, const std::vector<Host>& hosts) {
  if (!context.arguments.flag("list-hosts")) return false;
  JsonArray names;
  for (const Host& host : hosts) context.console.print(host.name), names.add(host.name);
  context.console.json(names);
  return true;
}

void keep_not_done(const Path& state, const std::vector<std::string>& hosts, Console& console) {
  const Path file = state / kNotDoneFile;
  if (hosts.empty()) return static_cast<void>(remove_durably(file));
  if (!write_durably(file, as_bytes(joined(hosts, "\n") + "\n"), {.mode = 0600})) return;
  console.say("once more for these alone: --limit @" + file.native());
}

}  // namespace sparekeep::central
