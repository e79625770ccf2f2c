#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/commands/login.h"
#include "installer/install/converge.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/record_uptake.h"
#include "installer/jobs/registry.h"
#include "installer/jobs/runner.h"
#include "installer/jobs/selection.h"
#include "installer/jobs/snapshot_name.h"
#include "lib/base/path_glob.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

// Orders are JSON: another name would be restored, or none.
void refuse_no_utf8(const Arguments& arguments) {
  std::vector<std::string> texts = arguments.positionals();
  texts.push_back(arguments.value("target").value_or(""));
  for (const std::string_view option : {"include", "exclude"})
    texts.insert(texts.end(), arguments.values(option).begin(), arguments.values(option).end());
  for (const std::string& text : texts)
    if (as_utf8(text) != text) throw Error(ErrorKind::usage, in_quotes(text) + " is not UTF-8; give the folder that it lies in, or ? in --include for each such byte");
}

RestoreOrder order_of(const Arguments& arguments) {
  refuse_no_utf8(arguments);
  RestoreOrder order;
  const std::optional<std::string> target = arguments.value("target");
  if (!target) throw Error(ErrorKind::usage, "no target is given; --target DIR is expected");
  Result<std::string> normal = normal_path(*target);
  if (!normal) throw normal.error().during("--target");
  order.target = std::move(*normal);
  order.include = arguments.values("include"), order.exclude = arguments.values("exclude");
  during("--include", PathGlob::parse(order.include)).value();
  during("--exclude", PathGlob::parse(order.exclude)).value();
  order.overwrite = arguments.value("overwrite").value_or("changed");
  order.delete_extra = arguments.flag("delete");
  order.numeric_owner = arguments.flag("numeric-owner");
  order.check_only = arguments.flag("check");
  return order;
}

class Restore {
 public:
  explicit Restore(CommandContext& context)
      : context_(context), order_(order_of(context.arguments)), forks_(forks_of(context.arguments)), wanted_(split_snapshot_path(context.arguments.positionals().at(0))),
        to_(context.arguments.value("to")), tasks_(context.console, system_clock()), door_(system_clock(), login_options_of(context)) {
    if (!context.arguments.values("inventory").empty()) inventory_ = required_inventory(context.arguments);
    CentralOptions options = central_options_of(context.arguments, inventory_.value_or(Inventory{}));
    options.keep_address = !order_.check_only;
    central_ = std::make_unique<RunningCentral>(options, system_clock(), system_random());
  }

  Outcome run() {
    take_up_records(*central_);
    check_snapshots_known(*central_);
    const SnapshotEntry snapshot = resolve_snapshot(catalogue(), wanted_.snapshot);
    const std::string host = to_.value_or(host_name_of(catalogue(), snapshot));
    refuse_unknown(snapshot, host);
    confirm(host);
    {
      const LastWords words(context_.console, [this] { return summary(); });
      converge(host);
      if (tasks_.outcome().exit_code() == 0) restore(snapshot, host);
    }
    context_.console.clear_progress();
    const std::vector<JobRun> runs = runs_.all();
    if (!runs.empty()) context_.console.print(run_table(runs));
    context_.console.json(summary());
    return runs.empty() ? tasks_.outcome() : outcome_of(runs.front());
  }

 private:
  Catalogue& catalogue() { return central_->catalogue(); }
  const Host* declared(const std::string& host) const { return inventory_ ? inventory_->find(host) : nullptr; }

  // Without --to it is the very host that the snapshot is of, by its id: another that has its name, or calls itself so, is given nothing of it.
  std::optional<HostEntry> target(const SnapshotEntry& snapshot, const std::string& host) {
    std::optional<HostEntry> named = catalogue().host_named(host);
    if (to_ || (named && named->id == snapshot.host)) return named;
    if (!named) return catalogue().host(snapshot.host);
    throw Error(ErrorKind::usage, "snapshot " + in_quotes(snapshot.id.hex()) + " is of the host with id " + snapshot.host.hex() + ", and " + in_quotes(host) +
                                      " is the host with id " + named->id.hex() + " now; --to HOST is expected, --to " + host + " if that one is meant");
  }

  void refuse_unknown(const SnapshotEntry& snapshot, const std::string& host) {
    if (target(snapshot, host) || declared(host)) return;
    throw Error(ErrorKind::usage, "host " + in_quotes(host) + " is not known; a host of the inventory (-i FILE) or of the last install is expected");
  }

  // Over what the host backs up only when it was meant.
  void confirm(const std::string& host) {
    std::vector<std::string> paths;
    for (const JobEntry& job : catalogue().jobs())
      for (const HostDefinition& one : definition_of(job).hosts)
        if (job.kind == "backup" && one.order.host_name == host)
          paths.insert(paths.end(), one.order.backup.paths.begin(), one.order.backup.paths.end());
    if (order_.check_only || !is_in_place(order_.target, paths) || context_.arguments.flag("yes")) return;
    const std::string what = "this writes over " + in_quotes(order_.target) + " of host " + in_quotes(host);
    if (context_.console.ask(what + "; type yes to go on: ") == "yes") return;
    throw Error(ErrorKind::usage, what + ", which is backed up there; --yes or a typed yes is expected");
  }

  void converge(const std::string& name) {
    const Host* host = declared(name);
    if (!host) return;
    ConvergeOptions options{.clock = system_clock(), .door = door_, .programs = program_folder(), .check = order_.check_only, .forks = forks_};
    if (context_.arguments.flag("diff")) options.show_diff = [this](std::string_view text) { context_.console.say(text); };
    converge_hosts(*central_, *inventory_, {with_agent(*host)}, options, tasks_);
  }

  void restore(const SnapshotEntry& snapshot, const std::string& host) {
    const std::optional<HostEntry> known = target(snapshot, host);
    if (order_.check_only && declared(host) && !(known && known->roles.contains(Role::agent))) return foretell(snapshot, host);
    run_works({*central_, system_clock(), system_random(), context_.console, tasks_, runs_, order_.check_only || context_.arguments.flag("diff")},
              {work_of(snapshot, host)});
  }

  // Nobody is there yet who could say what differs.
  void foretell(const SnapshotEntry& snapshot, const std::string& host) {
    JobRun run{.job = snapshot.metadata.job, .host = host, .kind = "restore"};
    run.result.state = "would run";
    run.result.warnings.push_back("would run");
    tasks_.add(host, TaskState::skipped, task_text(run), "would run");
    runs_.add(std::move(run));
  }

  Work work_of(const SnapshotEntry& snapshot, const std::string& host) {
    const std::optional<HostEntry> known = target(snapshot, host);
    if (!known || !known->roles.contains(Role::agent))
      throw Error(ErrorKind::failed, "host " + in_quotes(host) + " has no agent yet; name the inventory that declares it (-i FILE), and it gets one");
    Order order;
    order.kind = "restore";
    order.host = known->id, order.host_name = host;
    order.job = snapshot.job, order.job_name = snapshot.metadata.job, order.playbook = snapshot.metadata.playbook;
    order.restore = order_;
    order.restore.vault = snapshot.vault, order.restore.snapshot = snapshot.id;
    order.restore.source_host = snapshot.host;
    set_left_out(order, snapshot.metadata.left_out);
    order.restore.path = wanted_.path == "/" ? "" : wanted_.path;
    return {.job = snapshot.metadata.job, .host = host, .kind = "restore", .host_id = known->id, .order = [order] { return Result<Order>(order); }};
  }

  JsonObject summary() const {
    return JsonObject().set("type", "summary").set("check", order_.check_only).set("hosts", tasks_.hosts_json()).set("jobs", runs_.json());
  }

  CommandContext& context_;
  RestoreOrder order_;
  const size_t forks_;
  const SnapshotPath wanted_;
  const std::optional<std::string> to_;
  HostTasks tasks_;
  HostDoor door_;
  RunList runs_;
  std::optional<Inventory> inventory_;
  std::unique_ptr<RunningCentral> central_;
};

std::vector<Option> options() {
  return {{.name = "to", .taking = Taking::value, .value_name = "HOST", .documentation = "where to; the snapshot's own host unless given"},
          {.name = "target", .taking = Taking::value, .value_name = "DIR", .documentation = "the folder that it goes to, made where it is not there",
           .meaning = Meaning::folder},
          {.name = "include", .taking = Taking::value, .value_name = "GLOB", .documentation = "only what fits", .repeatable = true},
          {.name = "exclude", .taking = Taking::value, .value_name = "GLOB", .documentation = "not what fits", .repeatable = true},
          {.name = "overwrite", .taking = Taking::value, .value_name = "WHEN", .documentation = "always, changed or never", .fallback = "changed",
           .choices = {"changed", "always", "never"}},
          {.name = "delete", .documentation = "remove from the target what the snapshot does not have, but for what was left out of it"},
          {.name = "numeric-owner", .documentation = "owners by number, not by name"},
          {.name = "check", .documentation = "say what would be done, write nothing"},
          {.name = "diff", .documentation = "show what changes, entry by entry, and in configuration where an agent is installed"},
          {.name = "yes", .documentation = "restore in place without asking"}};
}

}  // namespace

Command restore_command() {
  return {.name = "restore",
          .group = "Snapshots",
          .summary = "restore a snapshot, or a part of it, to a host",
          .options = with_login_options(options()),
          .positionals = {{.name = "SNAPSHOT[:PATH]", .at_least = 1, .at_most = 1}},
          .example = "  sparekeep restore web-content/web1@latest --to web2 --target /restore\n"
                     "  sparekeep restore 0a1b2c:/srv/www --target /srv/www --yes",
          .run = [](CommandContext& context) { return Restore(context).run(); },
          .manual = "Each entry is written at DIR followed by its full original path; with SNAPSHOT:PATH what lies below PATH goes directly into DIR,\n"
                    "and so does PATH itself where it is no folder.\n"
                    "A file that cannot be restored is named together with the systems whose return would help, and the exit code is 14."};
}

}  // namespace sparekeep::central
