#include "installer/central/sqlite_schema.h"

namespace sparekeep::central {

namespace {

constexpr const char* kVersion1 = R"(
CREATE TABLE hosts (id BLOB PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, zone TEXT NOT NULL, machine BLOB NOT NULL,
                    roles TEXT NOT NULL, recipient BLOB NOT NULL, serials TEXT NOT NULL, local INTEGER NOT NULL, declared INTEGER NOT NULL);
CREATE INDEX hosts_by_name ON hosts (name);

CREATE TABLE systems (id BLOB PRIMARY KEY, name TEXT NOT NULL, machine BLOB NOT NULL, address TEXT NOT NULL, port INTEGER NOT NULL,
                      zone TEXT NOT NULL, state TEXT NOT NULL, capacity INTEGER NOT NULL, available INTEGER NOT NULL,
                      stored INTEGER NOT NULL, reported INTEGER NOT NULL, report TEXT, report_received INTEGER NOT NULL);

CREATE TABLE jobs (id BLOB PRIMARY KEY, playbook TEXT NOT NULL, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, hosts TEXT NOT NULL,
                   data INTEGER NOT NULL, parity INTEGER NOT NULL, definition TEXT NOT NULL, paths TEXT NOT NULL, schedule TEXT NOT NULL,
                   retired INTEGER NOT NULL, registered INTEGER NOT NULL);

CREATE TABLE runs (id BLOB PRIMARY KEY, job BLOB NOT NULL, host BLOB NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
                   snapshot TEXT NOT NULL, queued INTEGER NOT NULL, taken INTEGER NOT NULL, ended INTEGER NOT NULL,
                   order_text TEXT NOT NULL, result TEXT NOT NULL);
CREATE INDEX runs_by_job ON runs (job, queued);
CREATE INDEX runs_by_time ON runs (queued);

CREATE TABLE vaults (id BLOB PRIMARY KEY, epoch INTEGER NOT NULL, owner BLOB NOT NULL, signer BLOB NOT NULL, descriptor BLOB NOT NULL);

CREATE TABLE objects (number INTEGER PRIMARY KEY AUTOINCREMENT, vault BLOB NOT NULL, kind INTEGER NOT NULL, digest BLOB NOT NULL,
                      bytes BLOB NOT NULL, UNIQUE (vault, kind, digest));

CREATE TABLE snapshots (id BLOB PRIMARY KEY, revision INTEGER NOT NULL, vault BLOB NOT NULL, host BLOB NOT NULL, job BLOB NOT NULL,
                        run BLOB NOT NULL, sequence INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL,
                        received INTEGER NOT NULL, partial INTEGER NOT NULL, degraded INTEGER NOT NULL, checkpoint INTEGER NOT NULL,
                        digest BLOB NOT NULL, job_name TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE INDEX snapshots_by_host ON snapshots (host, began);
CREATE INDEX snapshots_by_job ON snapshots (job_name, began);

CREATE TABLE records (snapshot BLOB NOT NULL, revision INTEGER NOT NULL, vault BLOB NOT NULL, sequence INTEGER NOT NULL,
                      bytes BLOB NOT NULL, PRIMARY KEY (snapshot, revision));
CREATE INDEX records_by_vault ON records (vault, sequence);

CREATE TABLE audit (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
                    subject TEXT NOT NULL, before BLOB NOT NULL, digest BLOB NOT NULL);
)";

// Certificates each in a row of its own, with the time it ends: of those noted before, nothing says when.
constexpr const char* kVersion2 = R"(
CREATE TABLE certificates (serial TEXT PRIMARY KEY, host BLOB NOT NULL, roles TEXT NOT NULL, issued INTEGER NOT NULL, ended INTEGER NOT NULL);
CREATE INDEX certificates_by_host ON certificates (host, issued);
CREATE INDEX certificates_by_end ON certificates (ended);
INSERT OR IGNORE INTO certificates SELECT one.value, hosts.id, hosts.roles, 0, 9223372036854775807
                                   FROM hosts, json_each(hosts.serials, '$.names') AS one;
ALTER TABLE hosts DROP COLUMN serials;
CREATE INDEX IF NOT EXISTS runs_without_end ON runs (queued) WHERE ended = 0;
)";

constexpr const char* kAdditions = R"(
CREATE TABLE IF NOT EXISTS record_tallies (system BLOB NOT NULL, vault BLOB NOT NULL, records INTEGER NOT NULL, digest BLOB NOT NULL,
                                           PRIMARY KEY (system, vault)) WITHOUT ROWID;
)";

}  // namespace

std::vector<std::string> catalogue_migrations() { return {kVersion1, kVersion2}; }

std::string catalogue_additions() { return kAdditions; }

}  // namespace sparekeep::central
