#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/host_selection.h"
#include "installer/commands/login.h"
#include "installer/install/uninstall.h"
#include "installer/jobs/record_uptake.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

std::string needed_text(const std::map<std::string, size_t>& needed) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : needed) parts.push_back(name + " (" + std::to_string(count) + ")");
  return joined(parts, ", ");
}

// Shards of living snapshots go only by a word of their own: --abandon for some hosts, a yes for the whole inventory.
void ask_first(CommandContext& context, const std::vector<Host>& hosts, const std::map<std::string, size_t>& needed) {
  const Arguments& arguments = context.arguments;
  const bool whole = !arguments.value("limit");
  if (!whole && !needed.empty() && !arguments.flag("abandon"))
    throw Error(ErrorKind::degraded, "living snapshots need shards of " + needed_text(needed) + "; give them up with --abandon");
  if (!whole) return;
  context.console.warn("this uninstalls all " + std::to_string(hosts.size()) + " hosts of the inventory" +
                       (needed.empty() ? "" : "; snapshots that cannot be restored then need " + needed_text(needed)));
  if (arguments.flag("yes")) return;
  if (!context.console.interactive()) throw Error(ErrorKind::usage, "nobody is there to ask; give --yes, or --limit for some hosts");
  if (context.console.ask("type 'yes' to go on: ") != "yes") throw Error(ErrorKind::failed, "not confirmed; nothing was changed");
}

// Hosts that are there no more are asked nothing; the one that has their name now is not touched.
Outcome forget_former(CommandContext& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.value("limit") || arguments.flag("purge")) throw Error(ErrorKind::usage, "--former names hosts of the catalogue alone; leave out --limit and --purge");
  RunningCentral central(central_options_of(arguments, {}), system_clock(), system_random());
  take_up_records(central);
  const std::vector<HostEntry> hosts = former_hosts(central.catalogue(), split_text(*arguments.value("former"), ','));
  const std::map<std::string, size_t> needed = snapshots_needing(central.catalogue(), hosts);
  if (!needed.empty() && !arguments.flag("abandon"))
    throw Error(ErrorKind::degraded, "living snapshots need shards of " + needed_text(needed) + "; give them up with --abandon");
  for (const HostEntry& host : hosts) {
    central.remove(host.id);
    context.console.say("removed the registration of the former " + in_quotes(printable(host.name)) + ", id " + host.id.hex());
    context.console.json(JsonObject().set("type", "former").set("host", host.name).set("id", host.id.hex()));
  }
  return Outcome();
}

std::vector<std::string> names_left(const std::vector<Host>& hosts, const HostTasks& tasks) {
  const std::set<std::string> done = tasks.done_hosts();
  std::vector<std::string> names;
  for (const Host& host : hosts)
    if (!done.contains(host.name)) names.push_back(host.name);
  return names;
}

Outcome uninstall(CommandContext& context) {
  if (context.arguments.value("former")) return forget_former(context);
  check_login_options(context);
  const size_t forks = forks_of(context.arguments);
  const Inventory inventory = required_inventory(context.arguments);
  const std::vector<Host> hosts = selected_hosts(context.arguments, inventory);
  if (lists_hosts(context, hosts)) return Outcome();
  RunningCentral central(central_options_of(context.arguments, inventory), system_clock(), system_random());
  take_up_records(central);
  ask_first(context, hosts, snapshots_needing(central.catalogue(), hosts));
  HostTasks tasks(context.console, system_clock());
  HostDoor door(system_clock(), login_options_of(context));
  const auto summary = [&] { return JsonObject().set("type", "summary").set("hosts", tasks.hosts_json()); };
  {
    const LastWords words(context.console, [&] { return keep_not_done(state_folder(context.arguments), names_left(hosts, tasks), context.console), summary(); });
    uninstall_hosts(central, hosts, {.clock = system_clock(), .door = door, .purge = context.arguments.flag("purge"), .forks = forks}, tasks);
  }
  tasks.print_recap();
  keep_not_done(state_folder(context.arguments), tasks.not_done(), context.console);
  context.console.json(summary());
  return tasks.outcome();
}

}  // namespace

Command uninstall_command() {
  return {.name = "uninstall", .group = "Fleet", .summary = "stop the programs of hosts and remove them",
          .options = with_login_options({{.name = "limit", .taking = Taking::value, .value_name = "PATTERN", .documentation = "only these hosts and groups"},
                      {.name = "former", .taking = Taking::value, .value_name = "NAMES",
                       .documentation = "log in nowhere: forget hosts that are no more, by names (or ids) with commas, which are undeclared in the catalogue"},
                      {.name = "list-hosts", .documentation = "print the names of the hosts, and do nothing"},
                      {.name = "purge", .documentation = "remove state, keys and shards of these hosts, too"},
                      {.name = "abandon", .documentation = "even where living snapshots need their shards"},
                      {.name = "yes", .documentation = "ask nothing"}}),
          .positionals = {}, .example = "  sparekeep uninstall -i inventory.toml --limit store6 --purge",
          .run = uninstall,
          .manual = "Without --purge keys, state and shards stay on the host, and a later install finds them again. The central's state is never touched. "
                    "--former logs in to no host: it takes out of the catalogue what is undeclared there under these names, and leaves the host that has the name now."};
}

}  // namespace sparekeep::central
