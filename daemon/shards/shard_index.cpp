#include "daemon/shards/shard_index.h"

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/units.h"
#include "lib/database/set_aside.h"

namespace sparekeep::daemon {

namespace {

constexpr uint64_t kCheckedBytesMax = 256 << 20;     // a larger one is not read as a whole at each start: damage shows where it is met

const std::vector<std::string>& migrations() {
  static const std::vector<std::string> steps{R"sql(
    CREATE TABLE lock_age (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), nanoseconds INTEGER NOT NULL);
    INSERT INTO lock_age VALUES (1, 0);
    CREATE TABLE named (vault BLOB NOT NULL, shard TEXT NOT NULL, age INTEGER NOT NULL, PRIMARY KEY (vault, shard)) WITHOUT ROWID;
    CREATE TABLE records (vault BLOB NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, received INTEGER NOT NULL,
                          digest TEXT NOT NULL, PRIMARY KEY (vault, name)) WITHOUT ROWID;
    CREATE TABLE pins (vault BLOB NOT NULL, shard TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (vault, shard, record)) WITHOUT ROWID;
  )sql", "ALTER TABLE records ADD COLUMN whole INTEGER NOT NULL DEFAULT 1"};
  SK_CHECK(steps.size() == ShardIndex::kSchemaVersion);
  return steps;
}

Database open_sound(const Path& file) {
  Database database(file, migrations(), {.exclusive = true, .made_again = true});
  std::error_code none;
  if (std::filesystem::file_size(file, none) <= kCheckedBytesMax) database.check_integrity();
  if (!database.statement("SELECT nanoseconds FROM lock_age").step()) throw Error(ErrorKind::corrupt, "the index of locks and pins has no lock age");
  return database;
}

// What its records name is pinned again by Commit::reconcile(), and locks begin anew: none ends early.
Database open_index(const Path& file) {
  std::optional<Database> index;
  const Result<void> opened = caught([&] { index.emplace(open_sound(file)); });
  if (opened) return std::move(*index);
  if (opened.error().kind() != ErrorKind::corrupt) throw opened.error();
  const Path aside = set_database_aside(file).value();
  log_error("the index of locks and pins is damaged and is made again, and every lock begins anew: " + opened.error().text() + "; the damaged one lies in '" +
            aside.native() + "' now");
  return open_sound(file);
}

}  // namespace

ShardIndex::ShardIndex(const Path& file, Clock& clock) : database_(open_index(file)), age_(clock, load_age()) { load_records(); }

Duration ShardIndex::load_age() {
  Statement row = database_.statement("SELECT nanoseconds FROM lock_age");
  SK_CHECK(row.step());
  return Duration(row.integer(0));
}

void ShardIndex::load_records() {
  Statement row = database_.statement("SELECT vault, name, sequence FROM records");
  while (row.step()) {
    const Bytes vault = row.blob(0);
    if (vault.size() == VaultId::kSize) count(VaultId::from(vault), row.text(1), static_cast<uint64_t>(row.integer(2)));
  }
}

void ShardIndex::count(const VaultId& vault, const std::string& name, uint64_t sequence) {
  tallies_[vault].add(vault, name);
  NewestRow& newest = newest_[vault];
  if (newest.name.empty() || sequence > newest.sequence || (sequence == newest.sequence && name < newest.name)) newest = {name, sequence};
}

void ShardIndex::advance() {
  const std::lock_guard lock(mutex_);
  Statement update = database_.statement("UPDATE lock_age SET nanoseconds = ?1");
  update.bind(1, age_.advance().count());
  update.run();
}

// A note that a power cut takes away counts as made at the first question: no lock ends early, and nobody waits for the disk. But of one of the same
// name that was let go a row may be left, where the daemon was killed before forget(), and that one must not come back.
void ShardIndex::note_stored(const ShardId& shard) {
  const std::lock_guard lock(mutex_);
  const bool is_left = named_age(shard).has_value();
  Transaction transaction(database_, is_left ? Lasting::at_once : Lasting::with_the_next);
  note_named(shard, age_.advance());
  transaction.commit();
}

std::optional<Duration> ShardIndex::named_age(const ShardId& shard) {
  Statement named = database_.statement("SELECT age FROM named WHERE vault = ?1 AND shard = ?2");
  named.bind(1, shard.vault.bytes()), named.bind(2, shard.name());
  return named.step() ? std::optional(Duration(named.integer(0))) : std::nullopt;
}

void ShardIndex::note_named(const ShardId& shard, Duration age) {
  Statement insert = database_.statement("INSERT OR REPLACE INTO named VALUES (?1, ?2, ?3)");
  insert.bind(1, shard.vault.bytes()), insert.bind(2, shard.name()), insert.bind(3, age.count());
  insert.run();
}

void ShardIndex::pin_one(const RecordKey& record, const ShardId& shard, Duration now) {
  note_named(shard, now);
  Statement pin = database_.statement("INSERT OR IGNORE INTO pins VALUES (?1, ?2, ?3)");
  pin.bind(1, shard.vault.bytes()), pin.bind(2, shard.name()), pin.bind(3, record.name);
  pin.run();
}

void ShardIndex::pin(const RecordKey& record, const HeldRecordRow& row, const EachShard& each, const std::function<void()>& publish) {
  const std::lock_guard lock(mutex_);
  const Duration now = age_.advance();
  Transaction transaction(database_);
  const bool is_new = !lists(record);
  each([&](const ShardId& shard) { pin_one(record, shard, now); });
  Statement insert = database_.statement(
      "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (vault, name) DO UPDATE SET whole = max(whole, excluded.whole)");
  insert.bind(1, record.vault.bytes()), insert.bind(2, record.name), insert.bind(3, static_cast<int64_t>(row.sequence));
  insert.bind(4, row.received.nanoseconds), insert.bind(5, row.digest), insert.bind(6, row.whole ? 1 : 0);
  insert.run();
  publish();
  transaction.commit();
  if (is_new) count(record.vault, record.name, row.sequence);
}

// Whole or not.
bool ShardIndex::lists(const RecordKey& record) {
  Statement row = database_.statement("SELECT 1 FROM records WHERE vault = ?1 AND name = ?2");
  row.bind(1, record.vault.bytes()), row.bind(2, record.name);
  return row.step();
}

bool ShardIndex::knows(const RecordKey& record) const {
  const std::lock_guard lock(mutex_);
  Statement row = database_.statement("SELECT 1 FROM records WHERE vault = ?1 AND name = ?2 AND whole = 1");
  row.bind(1, record.vault.bytes()), row.bind(2, record.name);
  return row.step();
}

std::vector<HeldRecordRow> ShardIndex::records_of(const VaultId& vault) const {
  const std::lock_guard lock(mutex_);
  Statement row = database_.statement("SELECT name, sequence, received, digest FROM records WHERE vault = ?1 ORDER BY sequence, name");
  row.bind(1, vault.bytes());
  std::vector<HeldRecordRow> rows;
  while (row.step())
    rows.push_back({row.text(0), static_cast<uint64_t>(row.integer(1)), Time{row.integer(2)}, row.text(3)});
  return rows;
}

RecordTallies ShardIndex::tallies() const {
  const std::lock_guard lock(mutex_);
  return tallies_;
}

std::optional<NewestRow> ShardIndex::newest_of(const VaultId& vault) const {
  const std::lock_guard lock(mutex_);
  const auto found = newest_.find(vault);
  return found == newest_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> ShardIndex::may_delete(const ShardId& shard, Duration lock_time) {
  const std::lock_guard lock(mutex_);
  Statement pinned = database_.statement("SELECT record FROM pins WHERE vault = ?1 AND shard = ?2 LIMIT 1");
  pinned.bind(1, shard.vault.bytes()), pinned.bind(2, shard.name());
  if (pinned.step()) return Error(ErrorKind::locked, "shard " + shard.name() + " is named by record " + pinned.text(0));
  const Duration now = age_.advance();
  const Duration since = now - named_at(shard);
  if (since >= lock_time) return {};
  return Error(ErrorKind::locked, "shard " + shard.name() + " is locked for another " + format_duration(lock_time - since));
}

// What is not known, because the index or its last notes were lost, counts as named at the first question, from which its lock runs.
Duration ShardIndex::named_at(const ShardId& shard) {
  if (const std::optional<Duration> age = named_age(shard)) return *age;
  note_named(shard, age_.now());
  return age_.now();
}

void ShardIndex::forget(const ShardId& shard) {
  const std::lock_guard lock(mutex_);
  Statement remove = database_.statement("DELETE FROM named WHERE vault = ?1 AND shard = ?2");
  remove.bind(1, shard.vault.bytes()), remove.bind(2, shard.name());
  remove.run();
}

}  // namespace sparekeep::daemon
