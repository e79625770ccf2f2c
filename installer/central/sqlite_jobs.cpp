// Jobs, runs and the audit log of the SQLite catalogue.
#include "installer/central/audit_chain.h"
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_row.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kJobColumns =
    "SELECT id, playbook, name, kind, hosts, data, parity, definition, paths, schedule, retired, registered FROM jobs ";
constexpr std::string_view kRunColumns =
    "SELECT id, job, host, kind, state, snapshot, queued, taken, ended, order_text, result FROM runs ";
constexpr std::string_view kAuditColumns = "SELECT number, time, actor, action, subject, before, digest FROM audit ";

JobEntry read_job(const Statement& row) {
  return {.id = id_at<JobId>(row, 0),
          .playbook = row.text(1),
          .name = row.text(2),
          .kind = row.text(3),
          .hosts = ids_at<HostId>(row, 4),
          .data = static_cast<int>(row.integer(5)),
          .parity = static_cast<int>(row.integer(6)),
          .definition = row.text(7),
          .paths = list_at(row, 8),
          .schedule = row.text(9),
          .retired = flag_at(row, 10),
          .registered = time_at(row, 11)};
}

RunEntry read_run(const Statement& row) {
  return {.id = id_at<RunId>(row, 0),
          .job = id_at<JobId>(row, 1),
          .host = id_at<HostId>(row, 2),
          .kind = row.text(3),
          .state = row.text(4),
          .snapshot = row.text(5),
          .queued = time_at(row, 6),
          .taken = time_at(row, 7),
          .ended = time_at(row, 8),
          .order = row.text(9),
          .result = row.text(10)};
}

AuditEntry read_audit(const Statement& row) {
  return {.number = number_at(row, 0),
          .time = time_at(row, 1),
          .actor = row.text(2),
          .action = row.text(3),
          .subject = row.text(4),
          .before = id_at<Digest>(row, 5),
          .digest = id_at<Digest>(row, 6)};
}

}  // namespace

void SqliteCatalogue::put_job(const JobEntry& job) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(
      "INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO UPDATE SET playbook = ?2, "
      "name = ?3, kind = ?4, hosts = ?5, data = ?6, parity = ?7, definition = ?8, paths = ?9, schedule = ?10, retired = ?11, registered = ?12");
  statement.bind(1, job.id.bytes()).bind(2, job.playbook).bind(3, job.name).bind(4, job.kind).bind(5, ids_text(job.hosts));
  statement.bind(6, int64_t{job.data}).bind(7, int64_t{job.parity}).bind(8, job.definition).bind(9, list_text(job.paths));
  statement.bind(10, job.schedule).bind(11, int64_t{job.retired}).bind(12, job.registered.nanoseconds).run();
}

std::optional<JobEntry> SqliteCatalogue::job(const JobId& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kJobColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_job);
}

std::optional<JobEntry> SqliteCatalogue::job_named(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kJobColumns) + "WHERE name = ?1");
  statement.bind(1, name);
  return first_row(statement, read_job);
}

std::vector<JobEntry> SqliteCatalogue::jobs() {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kJobColumns) + "ORDER BY playbook, name");
  return all_rows(statement, read_job);
}

void SqliteCatalogue::put_run(const RunEntry& run) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(                             // a replaced row would count as the last one that came
      "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO UPDATE SET job = ?2, host = ?3, kind = ?4, "
      "state = ?5, snapshot = ?6, queued = ?7, taken = ?8, ended = ?9, order_text = ?10, result = ?11");
  statement.bind(1, run.id.bytes()).bind(2, run.job.bytes()).bind(3, run.host.bytes()).bind(4, run.kind).bind(5, run.state);
  statement.bind(6, run.snapshot).bind(7, run.queued.nanoseconds).bind(8, run.taken.nanoseconds).bind(9, run.ended.nanoseconds);
  statement.bind(10, run.order).bind(11, run.result).run();
}

std::optional<RunEntry> SqliteCatalogue::run(const RunId& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kRunColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_run);
}

bool SqliteCatalogue::begin_run(const RunId& id, Time taken) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(
      "UPDATE runs SET state = 'running', taken = ?2, result = '' WHERE id = ?1 AND ended = 0 AND (state = 'queued' OR result <> '')");
  statement.bind(1, id.bytes()).bind(2, taken.nanoseconds).run();
  return database_.changed_rows() > 0;
}

bool SqliteCatalogue::give_up_run(const RunId& id, const std::string& state, const std::string& result) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("UPDATE runs SET state = 'failed', result = ?3 WHERE id = ?1 AND ended = 0 AND state = ?2");
  statement.bind(1, id.bytes()).bind(2, state).bind(3, result).run();
  return database_.changed_rows() > 0;
}

bool SqliteCatalogue::end_run(const RunEntry& ended) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(
      "UPDATE runs SET state = ?2, snapshot = ?3, taken = CASE taken WHEN 0 THEN ?4 ELSE taken END, ended = ?4, result = ?5 "
      "WHERE id = ?1 AND ended = 0");
  statement.bind(1, ended.id.bytes()).bind(2, ended.state).bind(3, ended.snapshot).bind(4, ended.ended.nanoseconds).bind(5, ended.result).run();
  return database_.changed_rows() > 0;
}

// By the rows' numbers, which grow: the clock may have been set back since.
std::vector<RunEntry> SqliteCatalogue::runs(const std::optional<JobId>& job, size_t count_max) {
  const std::lock_guard lock(mutex_);
  Statement statement =
      database_.statement(std::string(kRunColumns) + "WHERE ?1 IS NULL OR job = ?1 ORDER BY rowid DESC LIMIT ?2");
  if (job) statement.bind(1, job->bytes());
  else statement.bind_null(1);
  statement.bind(2, as_column(count_max));
  return all_rows(statement, read_run);
}

std::vector<RunEntry> SqliteCatalogue::unended_runs() {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kRunColumns) + "WHERE ended = 0 ORDER BY queued");
  return all_rows(statement, read_run);
}

void SqliteCatalogue::append_audit(Time time, const std::string& actor, const std::string& action, const std::string& subject) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  AuditEntry entry{.number = 1, .time = time, .actor = actor, .action = action, .subject = subject, .before = {}, .digest = {}};
  {
    Statement last = database_.statement("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1");
    if (last.step()) entry.number = number_at(last, 0) + 1, entry.before = id_at<Digest>(last, 1);
  }
  entry.digest = audit_digest(entry);
  {
    Statement statement = database_.statement("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    statement.bind(1, as_column(entry.number)).bind(2, entry.time.nanoseconds).bind(3, actor).bind(4, action).bind(5, subject);
    statement.bind(6, entry.before.bytes()).bind(7, entry.digest.bytes()).run();
  }
  transaction.commit();
}

std::vector<AuditEntry> SqliteCatalogue::audit(uint64_t after, size_t count_max) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kAuditColumns) + "WHERE number > ?1 ORDER BY number LIMIT ?2");
  statement.bind(1, as_column(after)).bind(2, as_column(count_max));
  return all_rows(statement, read_audit);
}

}  // namespace sparekeep::central
