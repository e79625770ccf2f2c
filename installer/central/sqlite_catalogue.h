// The catalogue in one SQLite file, STATE/catalogue.db. Ids are blobs, times nanoseconds, messages the JSON they came in.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "installer/central/catalogue.h"
#include "lib/database/database.h"

namespace sparekeep::central {

class SqliteCatalogue final : public Catalogue {
 public:
  explicit SqliteCatalogue(const Path& file);          // opens or creates; throws as Database does
  ~SqliteCatalogue() override;
  void check_integrity();

  void put_host(const HostEntry& host) override;
  std::optional<HostEntry> host(const HostId& id) override;
  std::optional<HostEntry> host_named(const std::string& name) override;
  std::vector<HostEntry> hosts() override;
  void remove_host(const HostId& id) override;
  bool change_host(const HostId& id, const HostChange& change) override;

  void note_certificate(const CertificateEntry& certificate) override;
  std::vector<CertificateEntry> certificates(const HostId& host) override;
  std::vector<CertificateEntry> certificates_ended(Time before) override;
  void forget_certificates(Time ended_before) override;

  void put_system(const SystemEntry& system) override;
  void put_numbers(const SystemEntry& system) override;
  void keep_numbers() override;
  std::optional<SystemEntry> system(const HostId& id) override;
  std::vector<SystemEntry> systems() override;
  void remove_system(const HostId& id) override;

  void put_job(const JobEntry& job) override;
  std::optional<JobEntry> job(const JobId& id) override;
  std::optional<JobEntry> job_named(const std::string& name) override;
  std::vector<JobEntry> jobs() override;

  void put_run(const RunEntry& run) override;
  std::optional<RunEntry> run(const RunId& id) override;
  bool begin_run(const RunId& id, Time taken) override;
  bool give_up_run(const RunId& id, const std::string& state, const std::string& result) override;
  bool end_run(const RunEntry& ended) override;
  std::vector<RunEntry> runs(const std::optional<JobId>& job, size_t count_max) override;
  std::vector<RunEntry> unended_runs() override;

  void put_vault(const VaultEntry& vault) override;
  std::optional<VaultEntry> vault(const VaultId& id) override;
  std::vector<VaultEntry> vaults() override;
  OwnedAmount owned_by(const HostId& owner) override;

  void put_object(const VaultId& vault, ObjectTable kind, const Digest& digest, ByteSpan object) override;
  std::optional<Bytes> object(const VaultId& vault, ObjectTable kind, const Digest& digest) override;
  std::vector<Digest> objects(const VaultId& vault, ObjectTable kind) override;

  void put_snapshot(const SnapshotEntry& snapshot, ByteSpan record) override;
  std::optional<SnapshotEntry> snapshot(const SnapshotId& id) override;
  std::vector<SnapshotEntry> snapshots(const SnapshotFilter& filter) override;
  std::optional<Bytes> record(const SnapshotId& id, uint32_t revision) override;
  std::vector<std::string> record_names(const VaultId& vault) override;
  void put_record_tally(const HostId& system, const VaultId& vault, const RecordTally& tally) override;
  RecordTallies record_tallies(const HostId& system) override;

  void append_audit(Time time, const std::string& actor, const std::string& action, const std::string& subject) override;
  std::vector<AuditEntry> audit(uint64_t after, size_t count_max) override;

 private:
  std::optional<HostEntry> find_host(const HostId& id);          // with mutex_ held, as all below
  const std::map<HostId, HostEntry>& known_hosts();
  const std::map<HostId, SystemEntry>& known_systems();
  void write_host(const HostEntry& host);
  void put_host_row(const HostEntry& host);                      // inside a transaction; what is known is read anew
  void write_due();                                              // inside a transaction, after which nothing is due
  void write_row(const SystemEntry& system);
  void put_snapshot_row(const SnapshotEntry& snapshot);
  std::mutex mutex_;
  Database database_;
  std::optional<std::map<HostId, HostEntry>> hosts_;             // as they stand there; none: to be read
  std::optional<std::map<HostId, SystemEntry>> systems_;         // and with what is due
  std::map<HostId, SystemEntry> due_;                            // to be written
  std::map<HostId, Time> kept_;                                  // when the report was received that is written
};

}  // namespace sparekeep::central
