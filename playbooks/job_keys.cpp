#include "playbooks/job_keys.h"

#include "lib/config/reference.h"
#include "playbooks/job_values.h"

namespace sparekeep {

namespace {

ValueType<std::vector<std::string>> host_items() { return list_of("a list of hosts, groups and globs", any_text(), 1); }
ValueType<std::vector<std::string>> globs() { return list_of("a list of globs", glob_value()); }
ValueType<std::vector<Hook>> hooks() { return list_of("a list of command lines", hook_value()); }

}  // namespace

ValueType<std::string> job_name() { return plain_name("job"); }

KeyTable<BackupJob> backup_keys() {
  using B = BackupJob;
  return {
      "a backup",
      {
          key("name", &B::name, job_name(), {"one job of this name in all playbooks", "", true}),
          key("tags", &B::tags, list_of("a list of names", plain_name("tag")), {"for `--job tag:NAME`", "none"}),
          key("hosts", &B::hosts, host_items(), {"what is backed up: hosts, groups, globs; `!` excludes", "", true}),
          key("paths", &B::paths, list_of("a list of absolute paths", absolute_path(), 1),
              {"files and folders, with all that lies below", "none, which takes `commands`"}),
          key("exclude", &B::exclude, globs(), {"what is left out; `**` spans folders, a leading `/` anchors, `!` takes back", "none"}),
          key("exclude_files", &B::exclude_files, list_of("a list of absolute paths", absolute_path()),
              {"files on the host with more of `exclude`, a pattern a line, as `.gitignore` is written; a missing one fails the job", "none"}),
          key("exclude_caches", &B::exclude_caches, flag(), {"of a folder with a `CACHEDIR.TAG` the tag alone is kept", "`false`"}),
          key("exclude_if_present", &B::exclude_if_present, list_of("a list of names of files", tag_name()),
              {"of a folder that holds such a file it alone is kept, as with `[\".nobackup\"]`", "none"}),
          key("exclude_larger_than", &B::exclude_larger_than, size_above_zero(), {"files of more bytes are left out, as with `\"4 GiB\"`", "none"}),
          key("one_file_system", &B::one_file_system, flag(), {"what is mounted below one of `paths` is an empty folder", "`false`"}),
          key("redundancy", &B::redundancy, redundancy_value(),
              {"on how many systems", "2 + 2 from four other systems, 3 copies with three, 2 with two"}),
          key("schedule", &B::schedule, schedule_value(), {"when it is due, as systemd writes it", "at every apply"}),
          key("compression", &B::compression, compression_value(), {"of each chunk", "`auto`"}),
          key("privileges", &B::privileges, privileges_value(), {"who else may restore and run", "none"}),
          key("retain", &B::retain, retain_value(), {"which snapshots `forget` keeps", "every one"}),
          key("before", &B::before, hooks(), {"run first, as root unless `{ run, user }` says otherwise; a failure stops the job", "none"}),
          key("after", &B::after, hooks(), {"run last, always", "none"}),
          key("commands", &B::commands, command_list(), {"each one's standard output becomes a file of the snapshot; one that fails fails the job", "none"}),
      }};
}

KeyTable<RestoreJob> restore_keys() {
  using R = RestoreJob;
  const std::vector<std::pair<std::string, Overwrite>> overwrite{
      {"changed", Overwrite::changed}, {"always", Overwrite::always}, {"never", Overwrite::never}};
  return {"a restore",
          {
              key("name", &R::name, job_name(), {"one job of this name in all playbooks", "", true}),
              key("tags", &R::tags, list_of("a list of names", plain_name("tag")), {"for `--job tag:NAME`", "none"}),
              key("hosts", &R::hosts, host_items(), {"where to: hosts, groups, globs; `!` excludes", "", true}),
              key("from", &R::from, from_value(), {"what is restored", "", true}),
              key("include", &R::include, globs(), {"only what fits", "everything"}),
              key("exclude", &R::exclude, globs(), {"what is left out", "none"}),
              key("target", &R::target, absolute_path(), {"each entry is written at this and its full original path", "", true}),
              key("overwrite", &R::overwrite, one_of(overwrite), {"what happens to files that are there", "`changed`"}),
              key("delete", &R::remove, flag(), {"remove below the target what the snapshot does not have, but for what was left out of it", "`false`"}),
              key("numeric_owner", &R::numeric_owner, flag(), {"owners by number, not by name", "`false`"}),
              key("verify", &R::verify, flag(), {"read back what was written, and compare", "`true`"}),
              key("schedule", &R::schedule, schedule_value(), {"when it is due, as systemd writes it", "at every apply"}),
              key("before", &R::before, hooks(), {"for later versions: this one refuses a restore that has it", "none"}),
              key("after", &R::after, hooks(), {"for later versions: this one refuses a restore that has it", "none"}),
          }};
}

std::string playbook_reference() {
  const std::vector<KeyDoc> top = {{"name", job_name().name, "", "jobs of a playbook of this name are made equal to the file", true, {}}};
  return reference_page(
      "Playbook: every key",
      {{"The playbook", "", top},
       {"`[[backup]]`", "`[defaults.backup]` takes the same keys but `name`; a job's own key replaces that of the defaults.",
        backup_keys().docs()},
       {"`[[restore]]`", "`[defaults.restore]` takes the same keys but `name`.", restore_keys().docs()}});
}

}  // namespace sparekeep
