#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/host_selection.h"
#include "installer/commands/junit_report.h"
#include "installer/commands/login.h"
#include "installer/commands/rolling.h"
#include "installer/jobs/apply.h"
#include "installer/jobs/record_uptake.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

constexpr size_t kPlaybooksMax = 100;

ApplyOptions options_of(const Arguments& arguments) {
  ApplyOptions options;
  options.selection.patterns = arguments.values("job");
  options.selection.now = arguments.flag("now");
  options.limit = arguments.value("limit");
  options.check = arguments.flag("check");
  options.diff = arguments.flag("diff");
  options.exit_code = arguments.flag("exit-code");
  options.forks = forks_of(arguments);
  options.rollout = rollout_options_of(arguments);
  check_exit_code_option(arguments);
  return options;
}

Outcome apply_playbooks(CommandContext& context, const JunitReport& report, HostTasks& tasks) {
  check_login_options(context);
  const Inventory inventory = required_inventory(context.arguments);
  const ApplyInput input{inventory, read_playbooks(context.arguments.positionals(), inventory, context.console), options_of(context.arguments)};
  check_choice(input);
  if (lists_hosts(context, chosen_hosts(input))) return Outcome();
  CentralOptions central_options = central_options_of(context.arguments, inventory);
  central_options.keep_address = !context.arguments.flag("check");
  RunningCentral central(central_options, system_clock(), system_random());
  take_up_records(central);
  HostDoor door(system_clock(), login_options_of(context));
  const auto interrupted = [&](const std::vector<std::string>& not_done) {
    report.interrupted();
    if (!input.options.check) keep_not_done(state_folder(context.arguments), not_done, context.console);
  };
  Outcome outcome = apply(input, {central, door, system_clock(), system_random(), context.console, tasks, interrupted});
  if (!input.options.check) keep_not_done(state_folder(context.arguments), tasks.not_done(), context.console);
  return outcome;
}

Outcome run(CommandContext& context) {
  HostTasks tasks(context.console, system_clock());
  const JunitReport report(context, tasks, "apply");
  return report.around([&] { return apply_playbooks(context, report, tasks); });
}

}  // namespace

Command apply_command() {
  return {
      .name = "apply",
      .group = "Jobs",
      .summary = "install what a playbook's hosts lack, register its jobs, run those that are due",
      .options = with_login_options(with_rolling_options({
                  {.name = "limit", .taking = Taking::value, .value_name = "HOSTS", .documentation = "only these hosts: names, groups, globs, ! to exclude"},
                  {.name = "list-hosts", .documentation = "print the names of the jobs' hosts, and do nothing"},
                  {.name = "job", .taking = Taking::value, .value_name = "NAME", .documentation = "only these jobs: a glob, or tag:NAME", .repeatable = true},
                  {.name = "now", .documentation = "run jobs with a schedule, too"},
                  {.name = "check", .documentation = "say what would be done, write nothing"},
                  {.name = "diff", .documentation = "show what changes, in configuration and in restored files"},
                  {.name = "exit-code", .documentation = "with --check: exit 6 where changes are pending"},
                  junit_option()})),
      .positionals = {{.name = "PLAYBOOK", .at_least = 1, .at_most = kPlaybooksMax, .meaning = Meaning::file}},
      .example = "  sparekeep apply -i inventory.toml nightly.toml\n  sparekeep apply -i inventory.toml nightly.toml --job web-content --check",
      .run = run,
      .manual = std::string() + "Jobs without a schedule run at every apply. Jobs with one run only with --now: nothing starts them at their time in this version.\n"
                "Backups run on all hosts at once, restores after them. A restore in place (to /, or over a path that the host backs up) runs only\n"
                "when --job gives its name. A job that the file does not declare any more is retired, but not with --job or --limit.\n"
                "With --check restores say what they would change; backups, which always add a snapshot, do not count for --exit-code.\n\n" +
                std::string(kRollingManual)};
}

}  // namespace sparekeep::central
