// Hosts and systems of the SQLite catalogue.
#include <algorithm>
#include <utility>

#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_row.h"
#include "installer/central/sqlite_schema.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr Duration kTimesKeptEvery = std::chrono::minutes(10);
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
                                     "; run sparekeep install with the inventory that says which of them it is" +
                                     (hosts.front().declared ? "" : ", or take out those that are no more: sparekeep uninstall --former, by their ids"));
}

void bind_system(Statement& statement, const StorageSystem& system) {
  statement.bind(1, system.id.bytes()).bind(2, system.name).bind(3, system.machine.bytes()).bind(4, system.address);
  statement.bind(5, int64_t{system.port}).bind(6, system.zone).bind(7, name_of(system.state));
  statement.bind(8, as_column(system.capacity_bytes)).bind(9, as_column(system.available_bytes)).bind(10, as_column(system.stored_bytes));
  statement.bind(11, system.reported.nanoseconds);
}

// But for when it was said.
bool says_the_same(const SystemEntry& before, SystemEntry now) {
  now.system.reported = before.system.reported;
  if (now.report && before.report) now.report->now = before.report->now;
  return now.system == before.system && now.report == before.report;
}

}  // namespace

// Hosts and systems are few, and asked for many times a host: they are read once. Nobody else writes to the file.
SqliteCatalogue::SqliteCatalogue(const Path& file)
    : database_(file, catalogue_migrations(), {.exclusive = true, .advice = std::string(kDamagedCatalogue)}) {
  database_.run(catalogue_additions());
}

SqliteCatalogue::~SqliteCatalogue() {
  if (const Result<void> kept = caught([this] { keep_numbers(); }); !kept) log_warning("what systems have reported is not kept: " + kept.error().text());
}

void SqliteCatalogue::check_integrity() {
  const std::lock_guard lock(mutex_);
  database_.check_integrity();
}

void SqliteCatalogue::put_host_row(const HostEntry& host) {
  hosts_.reset();
  Statement statement = database_.statement("INSERT OR REPLACE INTO hosts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  statement.bind(1, host.id.bytes()).bind(2, host.name).bind(3, host.address).bind(4, host.zone).bind(5, host.machine.bytes());
  statement.bind(6, roles_text(host.roles)).bind(7, host.recipient.bytes());
  statement.bind(8, int64_t{host.local}).bind(9, int64_t{host.declared}).run();
}

const std::map<HostId, HostEntry>& SqliteCatalogue::known_hosts() {
  if (hosts_) return *hosts_;
  Statement statement = database_.statement(kHostColumns);
  std::map<HostId, HostEntry> all;
  for (HostEntry& host : all_rows(statement, read_host)) all.emplace(host.id, std::move(host));
  return hosts_.emplace(std::move(all));
}

// What fails leaves nothing known: it is read anew.
void SqliteCatalogue::write_host(const HostEntry& host) {
  std::optional<std::map<HostId, HostEntry>> known = std::exchange(hosts_, std::nullopt);
  Transaction transaction(database_);
  put_host_row(host);
  transaction.commit();
  if (known) known->insert_or_assign(host.id, host);
  hosts_ = std::move(known);
}

void SqliteCatalogue::put_host(const HostEntry& host) {
  const std::lock_guard lock(mutex_);
  write_host(host);
}

bool SqliteCatalogue::change_host(const HostId& id, const HostChange& change) {
  const std::lock_guard lock(mutex_);
  const std::optional<HostEntry> before = find_host(id);
  std::optional<HostEntry> after = before;
  change(after);
  if (!after || after == before) return false;
  write_host(*after);
  return true;
}

std::optional<HostEntry> SqliteCatalogue::host(const HostId& id) {
  const std::lock_guard lock(mutex_);
  return find_host(id);
}

std::optional<HostEntry> SqliteCatalogue::find_host(const HostId& id) {
  const std::map<HostId, HostEntry>& all = known_hosts();
  const auto found = all.find(id);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

std::optional<HostEntry> SqliteCatalogue::host_named(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return std::nullopt;
  std::vector<HostEntry> all;
  for (const auto& [id, host] : known_hosts())
    if (host.name == name) all.push_back(host);
  if (std::any_of(all.begin(), all.end(), [](const HostEntry& host) { return host.declared; }))
    std::erase_if(all, [](const HostEntry& host) { return !host.declared; });
  if (all.size() > 1) throw held_by_several(name, all);
  return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

std::vector<HostEntry> SqliteCatalogue::hosts() {
  const std::lock_guard lock(mutex_);
  std::vector<HostEntry> all;
  for (const auto& [id, host] : known_hosts()) all.push_back(host);
  std::stable_sort(all.begin(), all.end(), [](const HostEntry& left, const HostEntry& right) { return left.name < right.name; });
  return all;
}

void SqliteCatalogue::remove_host(const HostId& id) {
  const std::lock_guard lock(mutex_);
  hosts_.reset(), systems_.reset(), due_.erase(id);
  Transaction transaction(database_);
  write_due();
  database_.statement("DELETE FROM systems WHERE id = ?1").bind(1, id.bytes()).run();
  database_.statement("DELETE FROM hosts WHERE id = ?1").bind(1, id.bytes()).run();
  database_.statement("DELETE FROM record_tallies WHERE system = ?1").bind(1, id.bytes()).run();
  transaction.commit();
  due_.clear();
}

const std::map<HostId, SystemEntry>& SqliteCatalogue::known_systems() {
  if (systems_) return *systems_;
  Statement statement = database_.statement(kSystemColumns);
  std::map<HostId, SystemEntry> all;
  for (SystemEntry& system : all_rows(statement, read_system)) {
    kept_[system.system.id] = system.report_received;
    all.emplace(system.system.id, std::move(system));
  }
  for (const auto& [id, system] : due_) all.insert_or_assign(id, system);
  return systems_.emplace(std::move(all));
}

void SqliteCatalogue::put_system(const SystemEntry& system) {
  const std::lock_guard lock(mutex_);
  std::optional<std::map<HostId, SystemEntry>> known = std::exchange(systems_, std::nullopt);
  Transaction transaction(database_);
  write_due();
  write_row(system);
  transaction.commit();
  due_.clear();
  if (known) known->insert_or_assign(system.system.id, system);
  systems_ = std::move(known);
}

void SqliteCatalogue::put_numbers(const SystemEntry& system) {
  const std::lock_guard lock(mutex_);
  const std::map<HostId, SystemEntry>& known = known_systems();
  const auto before = known.find(system.system.id);
  const Time kept = kept_[system.system.id];
  const bool is_recent = kept <= system.report_received && system.report_received < kept + kTimesKeptEvery;
  if (before == known.end() || !is_recent || due_.contains(system.system.id) || !says_the_same(before->second, system)) due_.insert_or_assign(system.system.id, system);
  systems_->insert_or_assign(system.system.id, system);
}

void SqliteCatalogue::keep_numbers() {
  const std::lock_guard lock(mutex_);
  if (due_.empty()) return;
  Transaction transaction(database_, Lasting::with_the_next);
  write_due();
  transaction.commit();
  due_.clear();
}

void SqliteCatalogue::write_due() {
  for (const auto& [id, system] : due_) write_row(system);
}

void SqliteCatalogue::write_row(const SystemEntry& system) {
  Statement statement = database_.statement("INSERT OR REPLACE INTO systems VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
  bind_system(statement, system.system);
  if (system.report) statement.bind(12, to_json(*system.report));
  else statement.bind_null(12);
  statement.bind(13, system.report_received.nanoseconds).run();
  kept_[system.system.id] = system.report_received;
}

std::optional<SystemEntry> SqliteCatalogue::system(const HostId& id) {
  const std::lock_guard lock(mutex_);
  const std::map<HostId, SystemEntry>& all = known_systems();
  const auto found = all.find(id);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

std::vector<SystemEntry> SqliteCatalogue::systems() {
  const std::lock_guard lock(mutex_);
  std::vector<SystemEntry> all;
  for (const auto& [id, system] : known_systems()) all.push_back(system);
  std::stable_sort(all.begin(), all.end(), [](const SystemEntry& left, const SystemEntry& right) { return left.system.name < right.system.name; });
  return all;
}

void SqliteCatalogue::remove_system(const HostId& id) {
  const std::lock_guard lock(mutex_);
  due_.erase(id), systems_.reset();
  database_.statement("DELETE FROM systems WHERE id = ?1").bind(1, id.bytes()).run();
}

}  // namespace sparekeep::central
