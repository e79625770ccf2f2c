// Vaults, their objects, snapshots and records of the SQLite catalogue.
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_row.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kVaultColumns = "SELECT id, epoch, owner, signer, descriptor FROM vaults ";
constexpr std::string_view kSnapshotColumns =
    "SELECT id, revision, vault, host, job, run, sequence, began, ended, received, partial, degraded, checkpoint, digest, metadata, job_name "
    "FROM snapshots ";

VaultEntry read_vault(const Statement& row) {
  return {.id = id_at<VaultId>(row, 0),
          .epoch = static_cast<uint32_t>(row.integer(1)),
          .owner = id_at<HostId>(row, 2),
          .signer = id_at<PublicKey>(row, 3),
          .descriptor = row.blob(4)};
}

SnapshotEntry read_snapshot(const Statement& row) {
  SnapshotEntry out;
  out.id = id_at<SnapshotId>(row, 0);
  out.revision = static_cast<uint32_t>(row.integer(1));
  out.vault = id_at<VaultId>(row, 2);
  out.host = id_at<HostId>(row, 3);
  out.job = id_at<JobId>(row, 4);
  out.run = id_at<RunId>(row, 5);
  out.sequence = number_at(row, 6);
  out.began = time_at(row, 7);
  out.ended = time_at(row, 8);
  out.received = time_at(row, 9);
  out.partial = flag_at(row, 10);
  out.degraded = flag_at(row, 11);
  out.checkpoint = flag_at(row, 12);
  out.digest = id_at<Digest>(row, 13);
  out.metadata_json = row.text(14);
  out.metadata = from_json<SecondMetadata>(out.metadata_json).value();
  out.metadata.job = row.text(15);
  return out;
}

}  // namespace

std::string SnapshotEntry::state() const { return std::string(name_of(SnapshotState{.partial = partial, .degraded = degraded})); }

void SqliteCatalogue::put_vault(const VaultEntry& vault) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("INSERT OR REPLACE INTO vaults VALUES (?1, ?2, ?3, ?4, ?5)");
  statement.bind(1, vault.id.bytes()).bind(2, int64_t{vault.epoch}).bind(3, vault.owner.bytes()).bind(4, vault.signer.bytes());
  statement.bind(5, ByteSpan(vault.descriptor)).run();
}

std::optional<VaultEntry> SqliteCatalogue::vault(const VaultId& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kVaultColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_vault);
}

std::vector<VaultEntry> SqliteCatalogue::vaults() {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kVaultColumns) + "ORDER BY id");
  return all_rows(statement, read_vault);
}

OwnedAmount SqliteCatalogue::owned_by(const HostId& owner) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(
      "WITH its AS (SELECT id, LENGTH(descriptor) AS bytes FROM vaults WHERE owner = ?1) SELECT (SELECT COUNT(*) FROM its), "
      "(SELECT IFNULL(SUM(bytes), 0) FROM its) + (SELECT IFNULL(SUM(LENGTH(bytes)), 0) FROM objects WHERE vault IN (SELECT id FROM its)) + "
      "(SELECT IFNULL(SUM(LENGTH(bytes)), 0) FROM records WHERE vault IN (SELECT id FROM its)) + "
      "(SELECT IFNULL(SUM(LENGTH(metadata)), 0) FROM snapshots WHERE vault IN (SELECT id FROM its))");
  statement.bind(1, owner.bytes());
  return first_row(statement, [](const Statement& row) { return OwnedAmount{.vaults = number_at(row, 0), .bytes = number_at(row, 1)}; }).value();
}

void SqliteCatalogue::put_object(const VaultId& vault, ObjectTable kind, const Digest& digest, ByteSpan object) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("INSERT OR IGNORE INTO objects (vault, kind, digest, bytes) VALUES (?1, ?2, ?3, ?4)");
  statement.bind(1, vault.bytes()).bind(2, static_cast<int64_t>(kind)).bind(3, digest.bytes()).bind(4, object).run();
}

std::optional<Bytes> SqliteCatalogue::object(const VaultId& vault, ObjectTable kind, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("SELECT bytes FROM objects WHERE vault = ?1 AND kind = ?2 AND digest = ?3");
  statement.bind(1, vault.bytes()).bind(2, static_cast<int64_t>(kind)).bind(3, digest.bytes());
  return first_row(statement, [](const Statement& row) { return row.blob(0); });
}

std::vector<Digest> SqliteCatalogue::objects(const VaultId& vault, ObjectTable kind) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("SELECT digest FROM objects WHERE vault = ?1 AND kind = ?2 ORDER BY number");
  statement.bind(1, vault.bytes()).bind(2, static_cast<int64_t>(kind));
  return all_rows(statement, [](const Statement& row) { return id_at<Digest>(row, 0); });
}

void SqliteCatalogue::put_snapshot_row(const SnapshotEntry& snapshot) {
  Statement statement = database_.statement(
      "INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (id) DO UPDATE SET "
      "revision = ?2, vault = ?3, host = ?4, job = ?5, run = ?6, sequence = ?7, began = ?8, ended = ?9, partial = ?11, degraded = ?12, "
      "checkpoint = ?13, digest = ?14, job_name = ?15, metadata = ?16 WHERE excluded.revision > revision");
  statement.bind(1, snapshot.id.bytes()).bind(2, int64_t{snapshot.revision}).bind(3, snapshot.vault.bytes()).bind(4, snapshot.host.bytes());
  statement.bind(5, snapshot.job.bytes()).bind(6, snapshot.run.bytes()).bind(7, as_column(snapshot.sequence));
  statement.bind(8, snapshot.began.nanoseconds).bind(9, snapshot.ended.nanoseconds).bind(10, snapshot.received.nanoseconds);
  statement.bind(11, int64_t{snapshot.partial}).bind(12, int64_t{snapshot.degraded}).bind(13, int64_t{snapshot.checkpoint});
  statement.bind(14, snapshot.digest.bytes()).bind(15, snapshot.metadata.job).bind(16, snapshot.metadata_json).run();
}

void SqliteCatalogue::put_snapshot(const SnapshotEntry& snapshot, ByteSpan record) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  {
    Statement statement = database_.statement("INSERT OR IGNORE INTO records VALUES (?1, ?2, ?3, ?4, ?5)");
    statement.bind(1, snapshot.id.bytes()).bind(2, int64_t{snapshot.revision}).bind(3, snapshot.vault.bytes());
    statement.bind(4, as_column(snapshot.sequence)).bind(5, record).run();
  }
  put_snapshot_row(snapshot);
  transaction.commit();
}

std::optional<SnapshotEntry> SqliteCatalogue::snapshot(const SnapshotId& id) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kSnapshotColumns) + "WHERE id = ?1");
  statement.bind(1, id.bytes());
  return first_row(statement, read_snapshot);
}

std::vector<SnapshotEntry> SqliteCatalogue::snapshots(const SnapshotFilter& filter) {
  const std::lock_guard lock(mutex_);
  // Never by the host's clock: inside a vault its sequence counts; between vaults the central's and the daemons' clocks say when a snapshot, or
  // a later one of its vault, was heard of first, which puts a stamp ahead of its time right with the next snapshot.
  Statement statement = database_.statement(std::string(kSnapshotColumns) +
                                            "WHERE checkpoint = 0 AND (?1 IS NULL OR host = ?1) AND (?2 IS NULL OR job_name = ?2) "
                                            "ORDER BY MIN(received) OVER (PARTITION BY vault ORDER BY sequence DESC, id DESC), vault, sequence, id");
  if (filter.host) statement.bind(1, filter.host->bytes());
  else statement.bind_null(1);
  if (filter.job) statement.bind(2, *filter.job);
  else statement.bind_null(2);
  return all_rows(statement, read_snapshot);
}

std::optional<Bytes> SqliteCatalogue::record(const SnapshotId& id, uint32_t revision) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("SELECT bytes FROM records WHERE snapshot = ?1 AND revision = ?2");
  statement.bind(1, id.bytes()).bind(2, int64_t{revision});
  return first_row(statement, [](const Statement& row) { return row.blob(0); });
}

std::vector<std::string> SqliteCatalogue::record_names(const VaultId& vault) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("SELECT snapshot, revision FROM records WHERE vault = ?1 ORDER BY sequence, revision");
  statement.bind(1, vault.bytes());
  return all_rows(statement, [](const Statement& row) { return id_at<SnapshotId>(row, 0).hex() + "." + std::to_string(row.integer(1)); });
}

void SqliteCatalogue::put_record_tally(const HostId& system, const VaultId& vault, const RecordTally& tally) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("INSERT OR REPLACE INTO record_tallies VALUES (?1, ?2, ?3, ?4)");
  statement.bind(1, system.bytes()).bind(2, vault.bytes()).bind(3, as_column(tally.count)).bind(4, tally.digest.bytes()).run();
}

RecordTallies SqliteCatalogue::record_tallies(const HostId& system) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement("SELECT vault, records, digest FROM record_tallies WHERE system = ?1");
  statement.bind(1, system.bytes());
  RecordTallies tallies;
  while (statement.step()) tallies[id_at<VaultId>(statement, 0)] = {number_at(statement, 1), id_at<Digest>(statement, 2)};
  return tallies;
}

}  // namespace sparekeep::central
