#include <algorithm>

#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/host_selection.h"
#include "installer/commands/junit_report.h"
#include "installer/commands/login.h"
#include "installer/commands/rolling.h"
#include "installer/install/converge.h"
#include "installer/install/reach.h"
#include "lib/base/text.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

// Systems of hosts that are in the inventory and have lost the role. True: something changed.
bool end_storage_of_others(RunningCentral& central, const Inventory& inventory, const std::vector<ConvergedHost>& converged, bool check, Console& console) {
  bool changed = false;
  for (const ConvergedHost& host : converged) {
    const Host* declared = inventory.find(host.name);
    if (!host.id || host.failed || !declared || declared->has_role(HostRole::storage)) continue;
    for (const StorageSystem& system : central.systems()) {
      if (system.id != *host.id || system.state == SystemState::undeclared) continue;
      if (!check) central.end_storage(system.id);
      console.say("undeclared: " + printable(host.name) + " has no role storage any more; what it stores is read as before, and nothing new goes there", Color::yellow);
      changed = true;
    }
  }
  return changed;
}

// As a system of some inventory: a host of the same name that was installed since has taken its name alone.
bool stores(RunningCentral& central, const HostId& host) {
  const std::optional<SystemEntry> system = central.catalogue().system(host);
  return system && system->system.state != SystemState::undeclared;
}

std::string undeclared_text(const HostEntry& host, bool made_anew) {
  const std::string name = printable(host.name), which = host.name.empty() ? host.id.hex() : name;
  return "undeclared: " + (made_anew ? "a former " + name + " (id " + host.id.hex() + "), which was made anew" : which + ", which is in no inventory any more") +
         "; its data stays, sparekeep uninstall --former " + which + " takes it out of the catalogue";
}

// Under another name, which this run would give it: the run itself has done so by now.
bool is_renamed(const HostId& host, const std::vector<ConvergedHost>& converged) {
  return std::any_of(converged.begin(), converged.end(), [&](const ConvergedHost& each) { return each.told_id == host && !each.failed; });
}

// Who is in the catalogue and in no inventory any more, or was replaced by a new host of the same name. True: something changed.
bool undeclare_missing(RunningCentral& central, const Inventory& inventory, const std::vector<ConvergedHost>& converged, bool check, Console& console) {
  std::map<std::string, HostId> ids;
  for (const ConvergedHost& host : converged)
    if (host.id) ids[host.name] = *host.id;
  bool changed = false;
  for (const HostEntry& host : central.catalogue().hosts()) {
    const auto now = ids.find(host.name);
    const bool named = inventory.find(host.name) && (now == ids.end() || now->second == host.id);
    if (named || (check && is_renamed(host.id, converged)) || !(host.declared || stores(central, host.id))) continue;
    if (!check) central.set_declared(host.id, false);
    console.say(undeclared_text(host, inventory.find(host.name)), Color::yellow);
    changed = true;
  }
  return changed;
}

std::vector<std::string> names_of(const std::vector<Host>& hosts) {
  std::vector<std::string> names;
  names.reserve(hosts.size());
  for (const Host& host : hosts) names.push_back(host.name);
  return names;
}

// One run of the command, from facts to recap.
class Install {
 public:
  Install(CommandContext& context, const Inventory& inventory, const JunitReport& report, HostTasks& tasks)
      : context_(context), inventory_(inventory), report_(report), tasks_(tasks), hosts_(selected_hosts(context.arguments, inventory)),
        check_(context.arguments.flag("check")), forks_(forks_of(context.arguments)) {
    check_exit_code_option(context.arguments);
    check_login_options(context);
  }

  Outcome run() {
    const Arguments& arguments = context_.arguments;
    const RolloutOptions rolling = rollout_options_of(arguments);
    if (lists_hosts(context_, hosts_)) return Outcome();
    Rollout rollout(names_of(hosts_), rolling, tasks_);
    CentralOptions options = central_options_of(arguments, inventory_);
    options.keep_address = !check_;
    RunningCentral central(options, system_clock(), system_random());
    std::vector<ConvergedHost> converged;
    {
      const LastWords words(context_.console, [this] { return interrupted(), summary(); });
      converged = converge(central, rollout);
    }
    bool undeclared = undeclare_missing(central, inventory_, converged, check_, context_.console);
    undeclared = end_storage_of_others(central, inventory_, converged, check_, context_.console) || undeclared;
    tasks_.print_recap();
    if (!check_) keep_not_done(state_folder(arguments), tasks_.not_done(), context_.console);
    context_.console.json(summary());
    Outcome outcome = tasks_.outcome();
    if (check_ && arguments.flag("exit-code") && (tasks_.any_changed() || undeclared)) outcome.add(ErrorKind::pending);
    return outcome;
  }

 private:
  std::vector<ConvergedHost> converge(RunningCentral& central, Rollout& rollout) {
    HostDoor door(system_clock(), login_options_of(context_));
    ConvergeOptions options{.clock = system_clock(), .door = door, .programs = program_folder(), .check = check_};
    options.forks = forks_;
    if (context_.arguments.flag("diff")) options.show_diff = [this](std::string_view text) { context_.console.say(text); };
    options.rollout = &rollout;
    const auto reach = [&](const std::vector<ConvergedHost>& converged, Rollout::Batch part) {
      if (!check_) check_reach(central, system_clock(), reaching(converged, part), tasks_);
    };
    options.after_batch = reach;
    std::vector<ConvergedHost> converged = converge_hosts(central, inventory_, hosts_, options, tasks_);
    reach(converged, {0, rollout.batches().empty() ? 0 : rollout.batches()[last_batch_with_new_daemon(rollout, converged)].first});
    return converged;
  }

  std::vector<ReachingHost> reaching(const std::vector<ConvergedHost>& converged, Rollout::Batch part) const {
    std::vector<ReachingHost> agents;
    for (size_t i = part.first; i < part.first + part.count; ++i)
      if (hosts_[i].has_role(HostRole::backup) && converged[i].id && !converged[i].failed) agents.push_back({hosts_[i].name, *converged[i].id});
    return agents;
  }

  // Agents of the batches before it have not yet been asked whether they reach all daemons as they are now.
  size_t last_batch_with_new_daemon(const Rollout& rollout, const std::vector<ConvergedHost>& converged) const {
    size_t last = 0;
    for (size_t i = 0; i < hosts_.size(); ++i)
      if (hosts_[i].has_role(HostRole::storage) && converged[i].changed) last = rollout.batch_of(hosts_[i].name);
    return last;
  }

  void interrupted() const {
    report_.interrupted();
    std::vector<std::string> not_done = names_of(hosts_);
    std::erase_if(not_done, [done = tasks_.done_hosts()](const std::string& host) { return done.contains(host); });
    if (!check_) keep_not_done(state_folder(context_.arguments), not_done, context_.console);
  }

  JsonObject summary() const { return JsonObject().set("type", "summary").set("hosts", tasks_.hosts_json()); }

  CommandContext& context_;
  const Inventory& inventory_;
  const JunitReport& report_;
  HostTasks& tasks_;
  const std::vector<Host> hosts_;
  const bool check_;
  const size_t forks_;
};

Outcome install(CommandContext& context) {
  HostTasks tasks(context.console, system_clock());
  const JunitReport report(context, tasks, "install");
  return report.around([&] {
    const Inventory inventory = required_inventory(context.arguments);
    return Install(context, inventory, report, tasks).run();
  });
}

}  // namespace

Command install_command() {
  return {.name = "install", .group = "Fleet", .summary = "make every host of the inventory what it declares: programs, configuration, certificates, services",
          .options = with_login_options(with_rolling_options({
                      {.name = "limit", .taking = Taking::value, .value_name = "PATTERN", .documentation = "only these hosts and groups"},
                      {.name = "list-hosts", .documentation = "print the names of the hosts, and do nothing"},
                      {.name = "check", .documentation = "say what would change, and change nothing"},
                      {.name = "diff", .documentation = "show how configuration files change"},
                      {.name = "exit-code", .documentation = "with --check: exit 6 when changes are pending"},
                      junit_option()})),
          .positionals = {}, .example = "  sparekeep install -i inventory.toml\n  sparekeep install -i inventory.toml --limit storage --check --diff\n"
                                        "  sparekeep install -i inventory.toml --serial 1 --serial 25% --max-fail 10%",
          .run = install, .manual = std::string(kRollingManual)};
}

}  // namespace sparekeep::central
