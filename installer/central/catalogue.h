// What the central knows, behind one interface: hosts, systems, jobs, runs, vaults, snapshots, audit log. It is a cache of
// what lies on the daemons plus what was declared: rebuild.h makes it again. SQLite by default (sqlite_catalogue.h).
//
// Every call is one transaction, durable when it returns (but for put_numbers and keep_numbers), and thread safe. put_… inserts or replaces by id. Failures are
// thrown (Error): only the command or the request can answer them. Ids that are not there give nullopt, or empty lists.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "inventory/master/master_file.h"
#include "lib/crypt/certificate.h"
#include "lib/vault/record_tally.h"
#include "lib/wire/report.h"
#include "lib/wire/second_metadata.h"

namespace sparekeep::central {

struct HostEntry {
  HostId id;
  std::string name;                        // as an install declared it; empty after a rebuild, until its certificate or an install says it
  std::string address;
  std::string zone;
  MachineId machine;
  std::set<Role> roles;                    // of certificates: daemon, agent
  RecipientKey recipient;                  // of the agent, where keys are sealed to it; zero: it has none yet
  bool local = false;                      // connection = "local"
  bool declared = true;                    // in the inventory of the last install
  bool operator==(const HostEntry&) const = default;
};

struct CertificateEntry {                  // one that a host was given; kept until nobody takes it any more, the host's removal or not
  std::string serial;
  HostId host;
  std::set<Role> roles;
  Time issued, ended;                      // ended: its not_after
  bool operator==(const CertificateEntry&) const = default;
};

struct SystemEntry {                       // a storage system, whether published in the master file or not
  StorageSystem system;                    // with its state and the numbers of the last report
  std::optional<DaemonReport> report;      // the last one
  Time report_received;                    // by the central's clock; 0: never
};

struct JobEntry {
  JobId id;
  std::string playbook, name, kind;        // kind: "backup", "restore"
  std::vector<HostId> hosts;
  int data = 0, parity = 0;                // fixed when the job is first registered
  std::string definition;                  // JSON of a JobDefinition: what runs are made from; empty after a rebuild
  std::vector<std::string> paths;
  std::string schedule;
  bool retired = false;
  Time registered;
};

struct RunEntry {
  RunId id;
  JobId job;
  HostId host;
  std::string kind;                        // "backup", "restore"
  std::string state;                       // queued, running, then RunResult::state
  std::string snapshot;                    // hex, or empty
  Time queued, taken, ended;               // 0: not yet; ended: an agent has told how, and that stands
  std::string order;                       // JSON of the SignedOrder
  std::string result;                      // JSON of the RunResult, or empty; without an end: why the run was given up
};

struct VaultEntry {
  VaultId id;
  uint32_t epoch = 1;
  HostId owner;
  PublicKey signer;
  Bytes descriptor;                        // the newest epoch's object
};

struct SnapshotEntry {                     // the revision in force of a snapshot
  SnapshotId id;
  uint32_t revision = 0;
  VaultId vault;
  HostId host;
  JobId job;
  RunId run;
  uint64_t sequence = 0;
  Time began, ended;                       // by the host's clock
  Time received;                           // by the central's; after a rebuild the middle one of the daemons' stamps
  bool partial = false, degraded = false;
  bool checkpoint = false;                 // keeps packs, is no snapshot: never listed
  Digest digest;                           // of the record
  SecondMetadata metadata;                 // its host: what that host calls itself, no more; its job: as the central calls the job, where it knows it
  std::string metadata_json;               // as it was sealed, unknown members and all

  std::string state() const;               // "complete", "partial", "degraded"
};

struct SnapshotFilter {
  std::optional<HostId> host;
  std::optional<std::string> job;          // by name
};

struct OwnedAmount {                       // of the vaults of one host
  uint64_t vaults = 0, bytes = 0;          // descriptors, objects, records and what is kept of them
};

enum class ObjectTable : uint8_t { key_records = 1, blocks = 2 };

struct AuditEntry {                        // chained: digest = SHA-256(before || time || actor || action || subject)
  uint64_t number = 0;
  Time time;
  std::string actor, action, subject;
  Digest before, digest;
};

class Catalogue {
 public:
  virtual ~Catalogue() = default;

  virtual void put_host(const HostEntry& host) = 0;
  virtual std::optional<HostEntry> host(const HostId& id) = 0;
  // The one declared host of that name, or where none is declared the one host. usage, naming the ids: several.
  virtual std::optional<HostEntry> host_named(const std::string& name) = 0;
  virtual std::vector<HostEntry> hosts() = 0;                          // by name
  virtual void remove_host(const HostId& id) = 0;                      // and its system; its snapshots and certificates stay
  // Reads, changes and puts it in one transaction: nothing that another call puts is lost. None before the change: the host is not
  // there; none after it: nothing is put. True: something is different now.
  using HostChange = std::function<void(std::optional<HostEntry>& host)>;
  virtual bool change_host(const HostId& id, const HostChange& change) = 0;

  virtual void note_certificate(const CertificateEntry& certificate) = 0;           // the first note of a serial counts; the host has its roles
  virtual std::vector<CertificateEntry> certificates(const HostId& host) = 0;       // oldest first
  virtual std::vector<CertificateEntry> certificates_ended(Time before) = 0;        // of all hosts
  virtual void forget_certificates(Time ended_before) = 0;

  virtual void put_system(const SystemEntry& system) = 0;
  // The same of new numbers in a report: known at once, and written by the next call of these two, or at the end. A crash before that, or a power cut
  // until the next durable change of the catalogue, may bring the ones before back. Where nothing is new but when it was said, that is written where what
  // stands there is ten minutes old.
  virtual void put_numbers(const SystemEntry& system) = 0;
  virtual void keep_numbers() = 0;
  virtual std::optional<SystemEntry> system(const HostId& id) = 0;
  virtual std::vector<SystemEntry> systems() = 0;                      // by name
  virtual void remove_system(const HostId& id) = 0;

  virtual void put_job(const JobEntry& job) = 0;
  virtual std::optional<JobEntry> job(const JobId& id) = 0;
  virtual std::optional<JobEntry> job_named(const std::string& name) = 0;   // retired ones, too
  virtual std::vector<JobEntry> jobs() = 0;                            // by playbook and name; retired ones, too

  virtual void put_run(const RunEntry& run) = 0;
  virtual std::optional<RunEntry> run(const RunId& id) = 0;
  virtual bool begin_run(const RunId& id, Time taken) = 0;             // queued, or given up -> running; false: nothing changed
  virtual bool give_up_run(const RunId& id, const std::string& state, const std::string& result) = 0;   // failed, not ended; false: it is in that state no more
  virtual bool end_run(const RunEntry& ended) = 0;                     // state, snapshot, times, result; false: it has ended already
  virtual std::vector<RunEntry> runs(const std::optional<JobId>& job, size_t count_max) = 0;   // the one that was put last first
  virtual std::vector<RunEntry> unended_runs() = 0;                    // of which no agent has told the end, oldest first

  virtual void put_vault(const VaultEntry& vault) = 0;
  virtual std::optional<VaultEntry> vault(const VaultId& id) = 0;
  virtual std::vector<VaultEntry> vaults() = 0;
  virtual OwnedAmount owned_by(const HostId& owner) = 0;               // reads every row of its vaults

  virtual void put_object(const VaultId& vault, ObjectTable kind, const Digest& digest, ByteSpan object) = 0;
  virtual std::optional<Bytes> object(const VaultId& vault, ObjectTable kind, const Digest& digest) = 0;
  virtual std::vector<Digest> objects(const VaultId& vault, ObjectTable kind) = 0;    // oldest first

  // Keeps every revision's bytes; the highest revision is in force.
  virtual void put_snapshot(const SnapshotEntry& snapshot, ByteSpan record) = 0;
  virtual std::optional<SnapshotEntry> snapshot(const SnapshotId& id) = 0;
  // Without checkpoints, newest last: inside a vault by sequence, between vaults by when the storage side heard of them. `began` is the host's
  // own word and orders nothing.
  virtual std::vector<SnapshotEntry> snapshots(const SnapshotFilter& filter) = 0;
  virtual std::optional<Bytes> record(const SnapshotId& id, uint32_t revision) = 0;
  virtual std::vector<std::string> record_names(const VaultId& vault) = 0;            // "SNAPSHOT.REVISION", by sequence

  // Which records a system was last found to hold of each vault, when all of them were looked at here (record_news.h). Kept in the same place as
  // the records: whatever puts those back puts these back.
  virtual void put_record_tally(const HostId& system, const VaultId& vault, const RecordTally& tally) = 0;
  virtual RecordTallies record_tallies(const HostId& system) = 0;

  virtual void append_audit(Time time, const std::string& actor, const std::string& action, const std::string& subject) = 0;
  virtual std::vector<AuditEntry> audit(uint64_t after, size_t count_max) = 0;        // oldest first
};

}  // namespace sparekeep::central
