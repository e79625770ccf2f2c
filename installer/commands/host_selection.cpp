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
  if (hosts.empty()) {
    const Result<void> removed = remove_durably(file);
    if (!removed && removed.error().kind() != ErrorKind::not_found) console.warn(removed.error().text() + "; all hosts were done: do not use it by --limit @");
    return;
  }
  if (const Result<void> kept = write_durably(file, as_bytes(joined(hosts, "\n") + "\n"), {.mode = 0600}); !kept) {
    static_cast<void>(remove_durably(file));           // of an earlier run: other hosts
    return console.warn(in_quotes(file.native()) + ": " + kept.error().text() + "; --limit @ finds no list; make room and name the hosts of the recap by --limit");
  }
  console.say("once more for these alone: --limit @" + file.native());
}

}  // namespace sparekeep::central
