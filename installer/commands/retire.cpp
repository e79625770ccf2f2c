#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

Outcome run(CommandContext& context) {
  const std::string playbook = context.arguments.positionals().at(0);
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  std::vector<std::string> retired;
  bool known = false;
  for (JobEntry& job : central.catalogue().jobs()) {
    if (job.playbook != playbook) continue;
    known = true;
    if (job.retired) continue;
    job.retired = true;
    central.catalogue().put_job(job);
    retired.push_back(job.name);
    context.console.say("job " + in_quotes(job.name) + " retired; its snapshots stay");
  }
  if (!known) throw Error(ErrorKind::usage, "no playbook " + in_quotes(playbook) + " is registered; sparekeep jobs --all lists playbooks and jobs");
  if (retired.empty()) context.console.say("playbook " + in_quotes(playbook) + " was retired before");
  context.console.json(JsonObject().set("playbook", playbook).set("retired", retired));
  return {};
}

}  // namespace

Command retire_command() {
  return {.name = "retire",
          .group = "Jobs",
          .summary = "end a playbook: its jobs run no more, their snapshots stay",
          .positionals = {{.name = "PLAYBOOK", .at_least = 1, .at_most = 1}},
          .example = "  sparekeep retire nightly",
          .run = run,
          .manual = "PLAYBOOK is the name inside the file, not the file. An apply of the playbook begins it again."};
}

}  // namespace sparekeep::central
