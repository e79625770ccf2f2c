#include "installer/jobs/declared_job.h"

#include <algorithm>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

std::string_view name_of(Overwrite overwrite) {
  switch (overwrite) {
    case Overwrite::changed: return "changed";
    case Overwrite::always: return "always";
    case Overwrite::never: return "never";
  }
  return "";
}

Order order_of(const std::string& kind, const std::string& job, const std::string& host, const std::string& playbook) {
  Order order;
  order.kind = kind;
  order.job_name = job, order.host_name = host, order.playbook = playbook;
  return order;
}

HostDefinition backup_definition(const HostBackup& backup, const std::string& playbook) {
  HostDefinition definition;
  definition.order = order_of("backup", backup.job.name, backup.host, playbook);
  BackupOrder& order = definition.order.backup;
  order.paths = backup.job.paths, order.exclude = backup.job.exclude;
  order.exclude_files = backup.job.exclude_files, order.exclude_if_present = backup.job.exclude_if_present;
  order.exclude_caches = backup.job.exclude_caches, order.one_file_system = backup.job.one_file_system;
  order.exclude_larger_than = backup.job.exclude_larger_than.value_or(0);
  order.data = backup.job.redundancy->data, order.parity = backup.job.redundancy->parity;
  order.compression = backup.job.compression;
  order.privileges = backup.job.privileges;
  order.before = backup.job.before, order.after = backup.job.after, order.commands = backup.job.commands;
  definition.order.format = order_format(order);
  return definition;
}

HostDefinition restore_definition(const HostRestore& restore, const std::string& playbook) {
  HostDefinition definition;
  definition.order = order_of("restore", restore.job.name, restore.host, playbook);
  definition.from_job = restore.job.from.job;
  definition.from_host = restore.job.from.host;
  definition.from_snapshot = restore.job.from.snapshot;
  RestoreOrder& order = definition.order.restore;
  order.include = restore.job.include, order.exclude = restore.job.exclude;
  order.target = restore.job.target;
  order.overwrite = name_of(restore.job.overwrite);
  order.delete_extra = restore.job.remove;
  order.numeric_owner = restore.job.numeric_owner;
  order.verify = restore.job.verify;
  return definition;
}

template <typename Job>
DeclaredJob declared(const Job& job, const std::string& kind) {
  DeclaredJob declared;
  declared.name = job.name, declared.kind = kind, declared.at = job.at.text();
  declared.schedule = job.schedule ? job.schedule->text : "";
  declared.definition.tags = job.tags;
  return declared;
}

void refuse(const Position& at, const std::string& job, const std::string& key) {
  throw Error(ErrorKind::usage, at.text() + ": job " + in_quotes(job) + " has " + in_quotes(key) +
                                    ", which this version does not carry out; a job without it is expected");
}

}  // namespace

std::vector<std::string> not_acted_on(const Playbook& playbook) {
  const auto retains = [](const DeclaredBackup& backup) { return backup.job.retain != Retain{}; };
  if (std::none_of(playbook.backups.begin(), playbook.backups.end(), retains)) return {};
  return {"playbook " + in_quotes(playbook.name) + " has 'retain': this version prunes nothing, every snapshot stays"};
}

std::vector<DeclaredJob> declared_jobs(const Playbook& playbook, const BoundPlaybook& bound) {
  std::vector<DeclaredJob> jobs;
  for (const DeclaredBackup& backup : playbook.backups) {
    DeclaredJob job = declared(backup.job, "backup");
    job.redundancy_given = backup.job.redundancy.has_value();
    for (const HostBackup& host : bound.backups)
      if (host.job.name == job.name) job.definition.hosts.push_back(backup_definition(host, playbook.name));
    jobs.push_back(std::move(job));
  }
  for (const DeclaredRestore& restore : playbook.restores) {
    if (!restore.job.before.empty()) refuse(restore.job.at, restore.job.name, "before");
    if (!restore.job.after.empty()) refuse(restore.job.at, restore.job.name, "after");
    DeclaredJob job = declared(restore.job, "restore");
    job.from_at = restore.table.find("from")->at.text();
    for (const HostRestore& host : bound.restores)
      if (host.job.name == job.name) job.definition.hosts.push_back(restore_definition(host, playbook.name));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace sparekeep::central
