// Hosts and systems of the SQLite catalogue.
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_row.h"
#include "installer/central/sqlite_schema.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kHostColumns = "SELECT id, name, address, zone, machine, roles, recipient, local, declared FROM hosts ";
constexpr std::string_view kSystemColumns =
    "SELECT id, name, machine, address, port, zone, state, capacity, available, stored, reported, report, report_received FROM systems ";

HostEntry read_host(const Statement& row) {
  return {.id = id_at<HostId>(row, 0),
          .name = row.text(1),
          .address = row.text(2),
          .zone = row.text(3),
          .machine = id_at<MachineId>(row, 4),
          .roles = roles_at(row, 5),
          .recipient = id_at<RecipientKey>(row, 6),
          .local = flag_at(row, 7),
          .declared = flag_at(row, 8)};
}

SystemEntry read_system(const Statement& row) {
  SystemEntry out;
  out.system = {.id = id_at<HostId>(row, 0),
                .name = row.text(1),
                .machine = id_at<MachineId>(row, 2),
                .address = row.text(3),
                .port = static_cast<uint16_t>(row.integer(4)),
                .zone = row.text(5),
                .state = system_state_from(row.text(6)).value(),
                .capacity_bytes = number_at(row, 7),
                .available_bytes = number_at(row, 8),
                .stored_bytes = number_at(row, 9),
                .reported = time_at(row, 10)};
  if (const std::optional<std::string> report = row.optional_text(11)) out.report = from_json<DaemonReport>(*report).value();
  out.report_received = time_at(row, 12);
  return out;
}

Error held_by_several(const std::string& name, const std::vector<HostEntry>& hosts) {
  std::vector<std::string> ids;
  for (const HostEntry& host : hosts) ids.push_back(host.id.hex());
  return Error(ErrorKind::usage, "the name " + in_quotes(name) + " is held by several hosts, those with the ids " + joined(ids, ", ") +
                                     "; run sparekeep install with the inventory that says which of them it is");
}

void bind_system(Statement& statement, const StorageSystem& system) {
  statement.bind(1, system.id.bytes()).bind(2, system.name).bind(3, system.machine.bytes()).bind(4, system.address);
  statement.bind(5, int64_t{system.port}).bind(6, system.zone).bind(7, name_of(system.state));
  statement.bind(8, as_column(system.capacity_bytes)).bind(9, as_column(system.available_bytes)).bind(10, as_column(system.stored_bytes));
  statement.bind(11, system.reported.nanoseconds);
}

}  // namespace

SqliteCatalogue::SqliteCatalogue(const Path& file) : database_(file, catalogue_migrations(), {.exclusive = true, .advice = std::string(kDamagedCatalogue)}) {
  database_.run(catalogue_additions());
}

void SqliteCatalogue::check_integrity() {
  const std::lock_guard lock(mutex_);
  database_.check_integrity();
}

void SqliteCatalogue::put_host_row(const HostEntry& host) {
  Statement statement = database_.statement("INSERT OR REPLACE INTO hosts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  statement.bind(1, host.id.bytes()).bind(2, host.name).bind(3, host.address).bind(4, host.zone).bind(5, host.machine.bytes());
  statement.bind(6, roles_text(host.roles)).bind(7, host.recipient.bytes());
  statement.bind(8, int64_t{host.local}).bind(9, int64_t{host.declared}).run();
}

void SqliteCatalogue::put_host(const HostEntry& host) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  put_host_row(host);
  transaction.commit();
}

bool SqliteCatalogue::change_host(const HostId& id, const HostChange& change) {
  const std::lock_guard lock(mutex_);                // which keeps everybody else away: no other process has the file open
  const std::optional<HostEntry> before = find_host(id);
  std::optional<HostEntry> after = before;
  change(after);
  if (!after || after == before) return false;
  Transaction transaction(database_);
  put_host_row(*after);
  transaction.commit();
  return true;
}

std::optional<HostEntry> SqliteCatalogue::host(const HostId& id) {
  const std::lock_guard lock(mutex_);
  return find_host(id);
}

std::optional<HostEntry> SqliteCatalogue::find_host(const HostId& id) {
  Statement statement = database_.statement(std::string(kHostColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_host);
}

std::optional<HostEntry> SqliteCatalogue::host_named(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return std::nullopt;
  Statement statement = database_.statement(std::string(kHostColumns) + "WHERE name = ?1 ORDER BY declared DESC, id");
  statement.bind(1, name);
  std::vector<HostEntry> all = all_rows(statement, read_host);
  if (!all.empty() && all.front().declared) std::erase_if(all, [](const HostEntry& host) { return !host.declared; });
  if (all.size() > 1) throw held_by_several(name, all);
  return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

std::vector<HostEntry> SqliteCatalogue::hosts() {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kHostColumns) + "ORDER BY name, id");
  return all_rows(statement, read_host);
}

void SqliteCatalogue::remove_host(const HostId& id) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  database_.statement("DELETE FROM systems WHERE id = ?1").bind(1, id.bytes()).run();
  database_.statement("DELETE FROM hosts WHERE id = ?1").bind(1, id.bytes()).run();
  database_.statement("DELETE FROM record_tallies WHERE system = ?1").bind(1, id.bytes()).run();
  transaction.commit();
}

void SqliteCatalogue::put_system(const SystemEntry& system) {
  const std::lock_guard lock(mutex_);
  put_system_row(system, Lasting::at_once);
}

void SqliteCatalogue::put_numbers(const SystemEntry& system) {
  const std::lock_guard lock(mutex_);
  put_system_row(system, Lasting::with_the_next);
}

void SqliteCatalogue::put_system_row(const SystemEntry& system, Lasting lasting) {
  Transaction transaction(database_, lasting);
  {
    Statement statement = database_.statement("INSERT OR REPLACE INTO systems VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    bind_system(statement, system.system);
    if (system.report) statement.bind(12, to_json(*system.report));
    else statement.bind_null(12);
    statement.bind(13, system.report_received.nanoseconds).run();
  }
  transaction.commit();
}

std::optional<SystemEntry> SqliteCatalogue::system(const HostId& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kSystemColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_system);
}

std::vector<SystemEntry> SqliteCatalogue::systems() {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kSystemColumns) + "ORDER BY name, id");
  return all_rows(statement, read_system);
}

void SqliteCatalogue::remove_system(const HostId& id) {
  const std::lock_guard lock(mutex_);
  database_.statement("DELETE FROM systems WHERE id = ?1").bind(1, id.bytes()).run();
}

}  // namespace sparekeep::central
