#include "installer/jobs/apply.h"

#include <algorithm>
#include <set>

#include "installer/install/converge.h"
#include "installer/jobs/order_making.h"
#include "installer/jobs/registry.h"
#include "installer/jobs/runner.h"
#include "installer/jobs/snapshot_name.h"
#include "inventory/selection.h"
#include "lib/base/text.h"
#include "lib/cli/interruption.h"

namespace sparekeep::central {

namespace {

constexpr Duration kReportLimit = std::chrono::seconds(5);      // until storage systems have reported; who has not by then is asked

std::vector<DeclaredJob> all_jobs(const std::vector<BoundJobs>& playbooks) {
  std::vector<DeclaredJob> jobs;
  for (const BoundJobs& playbook : playbooks) jobs.insert(jobs.end(), playbook.jobs.begin(), playbook.jobs.end());
  return jobs;
}

void refuse_doubles(const std::vector<BoundJobs>& playbooks) {
  std::set<std::string> names, jobs;
  for (const BoundJobs& playbook : playbooks) {
    if (!names.insert(playbook.playbook).second) throw Error(ErrorKind::usage, "two playbooks have the name " + in_quotes(playbook.playbook));
    for (const DeclaredJob& job : playbook.jobs)
      if (!jobs.insert(job.name).second) throw Error(ErrorKind::usage, job.at + ": job " + in_quotes(job.name) + " is in two playbooks; a job name belongs to one");
  }
}

class Apply {
 public:
  Apply(const ApplyInput& input, const ApplyWorld& world) : input_(input), options_(input.options), world_(world), tasks_(world.tasks) {}

  Outcome run() {
    choose_hosts();
    {
      const LastWords words(world_.console, [this] { return world_.interrupted(not_done()), summary(); });
      carry_out();
    }
    return report();
  }

 private:
  void carry_out() {
    check_sources(world_.central.catalogue(), input_.inventory, all_jobs(input_.playbooks));
    (void)plan();                                             // refuses what belongs to another playbook before anything is touched
    converge();
    for (const Registration& registration : plan()) put(registration);   // again: hosts have ids now
    if (!options_.check) world_.central.refresh(kReportLimit);
    run_kind("backup");
    run_kind("restore");
  }

  bool chosen(const DeclaredJob& job) const { return options_.selection.chooses(job); }
  bool limited() const { return options_.limit.has_value(); }

  void choose_hosts() {
    if (!options_.limit) return;
    for (std::string& host : select_hosts(input_.inventory, *options_.limit)) limit_.insert(std::move(host));
  }

  bool takes(const std::string& host) const { return !options_.limit || limit_.contains(host); }

  std::vector<Registration> plan() {
    std::vector<Registration> planned;
    for (const BoundJobs& playbook : input_.playbooks) {
      RegistryInput input{.playbook = playbook.playbook, .jobs = {}, .retire = options_.selection.patterns.empty() && !limited(), .now = world_.clock.now()};
      for (const DeclaredJob& job : playbook.jobs)
        if (chosen(job)) input.jobs.push_back(job);
      planned.push_back(plan_registration(world_.central.catalogue(), input, world_.random));
    }
    return planned;
  }

  void put(const Registration& registration) {
    const std::string would = options_.check ? "would be " : "";
    for (const std::string& name : registration.added) world_.console.say("job " + in_quotes(name) + " " + would + "registered");
    for (const std::string& name : registration.changed) world_.console.say("job " + in_quotes(name) + " " + would + "changed");
    for (const std::string& name : registration.retired) world_.console.say("job " + in_quotes(name) + " " + would + "retired; its snapshots stay");
    registration_changes_ = registration_changes_ || registration.changes();
    for (const JobEntry& job : registration.jobs) jobs_.push_back(job);
    if (options_.check) return;
    for (const JobEntry& job : registration.put) world_.central.catalogue().put_job(job);
  }

  bool known(const std::string& host) const { return world_.central.catalogue().host_named(host).has_value(); }

  // The hosts of the chosen jobs (which get an agent), and storage systems that were never installed, in the order of the inventory. A storage
  // system that is off is install's matter: an apply goes on without it.
  std::vector<Host> hosts_to_converge() const {
    std::set<std::string> names;
    for (const DeclaredJob& job : all_jobs(input_.playbooks))
      for (const HostDefinition& host : job.definition.hosts)
        if (chosen(job) && takes(host.order.host_name)) names.insert(host.order.host_name);
    std::vector<Host> hosts;
    for (const Host& host : input_.inventory.hosts)
      if (names.contains(host.name)) hosts.push_back(with_agent(host));
      else if (host.has_role(HostRole::storage) && !known(host.name)) hosts.push_back(host);
    return hosts;
  }

  void converge() {
    ConvergeOptions converging{.clock = world_.clock, .door = world_.door, .programs = program_folder(), .check = options_.check, .forks = options_.forks};
    if (options_.diff) converging.show_diff = [this](std::string_view text) { world_.console.say(text); };
    const std::vector<Host> hosts = hosts_to_converge();
    std::vector<std::string> names;
    for (const Host& host : hosts) names.push_back(host.name), tasks_.add_host(host.name);
    converging.rollout = &rollout_.emplace(names, options_.rollout, tasks_);
    for (const ConvergedHost& host : converge_hosts(world_.central, input_.inventory, hosts, converging, tasks_)) {
      if (host.failed) not_converged_.insert(host.name);
      if (!host.begun) not_begun_.insert(host.name);
    }
    converge_changes_ = tasks_.any_changed();
  }

  void run_kind(const std::string& kind) {
    std::vector<Work> works;
    for (const DeclaredJob& job : all_jobs(input_.playbooks)) {
      if (job.kind != kind || !chosen(job)) continue;
      const auto entry = std::find_if(jobs_.begin(), jobs_.end(), [&](const JobEntry& known) { return known.name == job.name; });
      SK_CHECK(entry != jobs_.end());
      for (const HostDefinition& host : definition_of(*entry).hosts)
        if (takes(host.order.host_name)) add_work(job, *entry, host, works);
    }
    for (size_t batch = 0; batch < rollout_->batches().size(); ++batch) run_batch(works, batch);
  }

  void run_batch(const std::vector<Work>& works, size_t batch) {
    std::vector<Work> now;
    for (const Work& work : works) {
      if (rollout_->batch_of(work.host) != batch) continue;
      if (const auto over = rollout_->why_over()) leave({.job = work.job, .host = work.host, .kind = work.kind}, *over);
      else now.push_back(work);
    }
    run_works({world_.central, world_.clock, world_.random, world_.console, tasks_, runs_, options_.check || options_.diff}, now);
  }

  void add_work(const DeclaredJob& job, const JobEntry& entry, const HostDefinition& host, std::vector<Work>& works) {
    const std::string& name = host.order.host_name;
    const JobRun run{.job = job.name, .host = name, .kind = job.kind};
    if (!options_.selection.due(job)) return skip(run, "skipped", "its schedule is " + in_quotes(job.schedule) + "; --now runs it");
    if (job.kind == "restore" && in_place(host) && !options_.selection.names(job.name))
      return skip(run, "skipped", "a restore in place to " + in_quotes(host.order.restore.target) + " runs by name only: --job " + job.name);
    if (not_begun_.contains(name)) return leave(run, rollout_->why_over().value());
    const std::optional<HostEntry> known = world_.central.catalogue().host_named(name);
    const bool has_agent = known && known->roles.contains(Role::agent);
    if (options_.check && (job.kind == "backup" || !has_agent || !has_source(host))) return skip(run, "would run", "would run");
    if (not_converged_.contains(name)) return fail(run, "the host could not be made ready, see its tasks above");
    if (!has_agent) return fail(run, "the host has no agent that is known to the central; run sparekeep install");
    works.push_back({.job = job.name, .host = name, .kind = job.kind, .host_id = known->id, .order = [this, entry, host, id = known->id] {
                       return make_order(world_.central.catalogue(), {entry, host, id, options_.check});
                     }, .is_prediction = options_.check});
  }

  // The first snapshot may be made by a backup of this very apply.
  bool has_source(const HostDefinition& restore) const {
    return restore.from_snapshot != "latest" || latest_snapshot(world_.central.catalogue(), restore.from_job, restore.from_host);
  }

  bool in_place(const HostDefinition& restore) const {
    std::vector<std::string> paths;
    for (const JobEntry& job : world_.central.catalogue().jobs()) {
      if (job.kind != "backup") continue;
      for (const HostDefinition& host : definition_of(job).hosts)
        if (host.order.host_name == restore.order.host_name) paths.insert(paths.end(), host.order.backup.paths.begin(), host.order.backup.paths.end());
    }
    return is_in_place(restore.order.restore.target, paths);
  }

  void skip(JobRun run, const std::string& state, const std::string& why) {
    run.result.state = state;
    run.result.warnings.push_back(why);
    tasks_.add(run.host, TaskState::skipped, task_text(run), why);
    runs_.add(std::move(run));
  }

  void leave(JobRun run, const std::string& why) {
    run.result.state = "skipped";
    run.result.warnings.push_back("not begun: " + why);
    tasks_.leave(run.host, task_text(run), why);
    runs_.add(std::move(run));
  }

  void fail(JobRun run, const std::string& why) {
    run.result = result_of(Error(ErrorKind::failed, why));
    tasks_.add(run.host, TaskState::failed, task_text(run), why);
    runs_.add(std::move(run));
  }

  // So far: hosts that are not made ready, and hosts of runs that have not ended or did not end well.
  std::vector<std::string> not_done() const {
    std::set<std::string> hosts, ended;
    for (const Host& host : hosts_to_converge()) hosts.insert(host.name);
    for (const std::string& host : tasks_.done_hosts()) hosts.erase(host);
    for (const JobRun& run : runs_.all())
      if (run.result.state != "running") ended.insert(run.job + "/" + run.host);
    for (const DeclaredJob& job : all_jobs(input_.playbooks))
      for (const HostDefinition& host : job.definition.hosts)
        if (chosen(job) && takes(host.order.host_name) && !ended.contains(job.name + "/" + host.order.host_name)) hosts.insert(host.order.host_name);
    for (const std::string& host : tasks_.not_done()) hosts.insert(host);
    return {hosts.begin(), hosts.end()};
  }

  JsonObject summary() const {
    return JsonObject().set("type", "summary").set("check", options_.check).set("hosts", tasks_.hosts_json()).set("jobs", runs_.json());
  }

  Outcome report() {
    world_.console.clear_progress();
    tasks_.print_recap();
    const std::vector<JobRun> runs = runs_.all();
    if (!runs.empty()) world_.console.print(""), world_.console.print(run_table(runs));
    world_.console.json(summary());
    return outcome(runs);
  }

  // A run that failed counts by its kind alone: its task would say "a host failed" beside "something cannot be restored".
  Outcome outcome(const std::vector<JobRun>& runs) const {
    Outcome outcome;
    if (!not_converged_.empty()) outcome.add(tasks_.outcome());
    bool restores_change = false;
    for (const JobRun& run : runs) {
      outcome.add(outcome_of(run));
      restores_change = restores_change || (run.kind == "restore" && run.result.changed > 0);
    }
    const bool changes = converge_changes_ || registration_changes_ || restores_change;
    if (options_.check && options_.exit_code && changes) outcome.add(ErrorKind::pending);
    return outcome;
  }

  const ApplyInput& input_;
  const ApplyOptions& options_;
  const ApplyWorld& world_;
  HostTasks& tasks_;
  std::optional<Rollout> rollout_;
  std::set<std::string> limit_, not_converged_, not_begun_;
  std::vector<JobEntry> jobs_;
  RunList runs_;
  bool converge_changes_ = false, registration_changes_ = false;
};

}  // namespace

std::vector<BoundJobs> read_playbooks(const std::vector<std::string>& files, const Inventory& inventory, Console& console) {
  std::vector<BoundJobs> playbooks;
  for (const std::string& file : files) {
    const Playbook playbook = read_playbook(file);
    const BoundPlaybook bound = bind_playbook(playbook, inventory);
    for (const std::string& warning : bound.warnings) console.warn(warning);
    for (const std::string& later : not_acted_on(playbook)) console.warn(later);
    playbooks.push_back({playbook.name, declared_jobs(playbook, bound)});
  }
  refuse_doubles(playbooks);
  return playbooks;
}

namespace {

std::set<std::string> hosts_of_chosen(const ApplyInput& input, const std::vector<DeclaredJob>& jobs) {
  std::set<std::string> hosts;
  for (const DeclaredJob& job : jobs)
    if (input.options.selection.chooses(job))
      for (const HostDefinition& host : job.definition.hosts) hosts.insert(host.order.host_name);
  return hosts;
}

}  // namespace

std::vector<Host> chosen_hosts(const ApplyInput& input) {
  std::set<std::string> names = hosts_of_chosen(input, all_jobs(input.playbooks));
  if (input.options.limit) {
    const std::vector<std::string> limit = select_hosts(input.inventory, *input.options.limit);
    std::erase_if(names, [&](const std::string& name) { return std::find(limit.begin(), limit.end(), name) == limit.end(); });
  }
  std::vector<Host> hosts;
  for (const Host& host : input.inventory.hosts)
    if (names.contains(host.name)) hosts.push_back(host);
  return hosts;
}

void check_choice(const ApplyInput& input) {
  const std::vector<DeclaredJob> jobs = all_jobs(input.playbooks);
  check_patterns(input.options.selection, jobs);
  if (!input.options.limit) return;
  const std::vector<std::string> limit = select_hosts(input.inventory, *input.options.limit);
  const std::set<std::string> hosts = hosts_of_chosen(input, jobs);
  if (hosts.empty() || std::any_of(limit.begin(), limit.end(), [&](const std::string& host) { return hosts.contains(host); })) return;
  throw Error(ErrorKind::usage, "--limit " + in_quotes(*input.options.limit) + " leaves no host of these jobs; one of " +
                                    joined({hosts.begin(), hosts.end()}, ", ") + " is expected");
}

Outcome apply(const ApplyInput& input, const ApplyWorld& world) { return Apply(input, world).run(); }

}  // namespace sparekeep::central
