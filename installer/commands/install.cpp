#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/host_selection.h"
#include "installer/commands/login.h"
#include "installer/install/converge.h"
#include "installer/install/reach.h"
#include "lib/base/text.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

// Who is in the catalogue and in no inventory any more, or was replaced by a new host of the same name. True: something changed.
bool undeclare_missing(RunningCentral& central, const Inventory& inventory, const std::vector<ConvergedHost>& converged, bool check, Console& console) {
  std::map<std::string, HostId> ids;
  for (const ConvergedHost& host : converged)
    if (host.id) ids[host.name] = *host.id;
  bool changed = false;
  for (const HostEntry& host : central.catalogue().hosts()) {
    const auto now = ids.find(host.name);
    const bool named = inventory.find(host.name) && (now == ids.end() || now->second == host.id);
    if (named || !host.declared) continue;
    if (!check) central.set_declared(host.id, false);
    console.say("undeclared: " + printable(host.name) + " is in no inventory any more; its data stays, uninstall or drain removes it", Color::yellow);
    changed = true;
  }
  return changed;
}

std::vector<ReachingHost> reaching(const std::vector<Host>& hosts, const std::vector<ConvergedHost>& converged) {
  std::vector<ReachingHost> agents;
  for (size_t i = 0; i < hosts.size(); ++i)
    if (hosts[i].has_role(HostRole::backup) && converged[i].id && !converged[i].failed) agents.push_back({hosts[i].name, *converged[i].id});
  return agents;
}

Outcome install(CommandContext& context) {
  const Arguments& arguments = context.arguments;
  const size_t forks = forks_of(arguments);
  check_exit_code_option(arguments);
  const Inventory inventory = required_inventory(arguments);
  const std::vector<Host> hosts = selected_hosts(arguments, inventory);
  if (lists_hosts(context, hosts)) return Outcome();
  const bool check = arguments.flag("check");
  RunningCentral central(central_options_of(arguments, inventory), system_clock(), system_random());
  HostDoor door(system_clock(), login_options_of(context));
  ConvergeOptions options{.clock = system_clock(), .door = door, .programs = program_folder(), .check = check, .forks = forks};
  if (arguments.flag("diff")) options.show_diff = [&](std::string_view text) { context.console.say(text); };
  HostTasks tasks(context.console);
  const auto summary = [&] { return JsonObject().set("type", "summary").set("hosts", tasks.hosts_json()); };
  std::vector<ConvergedHost> converged;
  {
    const LastWords words(context.console, summary);
    converged = converge_hosts(central, inventory, hosts, options, tasks);
    if (!check) check_reach(central, system_clock(), reaching(hosts, converged), tasks);
  }
  const bool undeclared = undeclare_missing(central, inventory, converged, check, context.console);
  tasks.print_recap();
  keep_not_done(state_folder(arguments), tasks, context.console);
  context.console.json(summary());
  Outcome outcome = tasks.outcome();
  if (check && arguments.flag("exit-code") && (tasks.any_changed() || undeclared)) outcome.add(ErrorKind::pending);
  return outcome;
}

}  // namespace

Command install_command() {
  return {.name = "install", .group = "Fleet", .summary = "make every host of the inventory what it declares: programs, configuration, certificates, services",
          .options = with_login_options({{.name = "limit", .taking = Taking::value, .value_name = "PATTERN", .documentation = "only these hosts and groups"},
                      {.name = "list-hosts", .documentation = "print the names of the hosts, and do nothing"},
                      {.name = "check", .documentation = "say what would change, and change nothing"},
                      {.name = "diff", .documentation = "show how configuration files change"},
                      {.name = "exit-code", .documentation = "with --check: exit 6 when changes are pending"}}),
          .positionals = {}, .example = "  sparekeep install -i inventory.toml\n  sparekeep install -i inventory.toml --limit storage --check --diff",
          .run = install};
}

}  // namespace sparekeep::central
