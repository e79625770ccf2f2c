#include "installer/central/rebuilt_entries.h"

#include <algorithm>
#include <map>
#include <set>

#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/vault/key_record.h"

namespace sparekeep::central {

namespace {

// Of the vault's host; zero where no key record says.
RecipientKey recipient_of(Catalogue& catalogue, const VaultEntry& vault) {
  RecipientKey key;
  for (const Digest& digest : catalogue.objects(vault.id, ObjectTable::key_records)) {
    const std::optional<Bytes> object = catalogue.object(vault.id, ObjectTable::key_records, digest);
    const Result<KeyRecord> record = KeyRecord::read(object.value_or(Bytes{}), vault.signer);
    if (!record) continue;
    for (const Recipient& recipient : record->recipients()) {
      if (recipient.role == RecipientRole::host) key = recipient.key;
    }
  }
  return key;
}

struct Support {                           // of one name for one job
  std::set<HostId> hosts;
  size_t last = 0;                         // number of the newest snapshot that says so
  bool operator<(const Support& other) const { return std::pair(hosts.size(), last) < std::pair(other.hosts.size(), other.last); }
};

struct FoundJob {
  JobId id;
  std::map<std::string, Support> names;
  std::string name;
  Support support() const { return names.at(name); }
};

std::vector<FoundJob> find_jobs(const std::vector<SnapshotEntry>& snapshots, const std::set<JobId>& registered) {
  std::map<JobId, FoundJob> found;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    const SnapshotEntry& snapshot = snapshots[i];
    if (registered.contains(snapshot.job)) continue;
    Support& support = found[snapshot.job].names[snapshot.metadata.job];
    support.hosts.insert(snapshot.host), support.last = i;
  }
  std::vector<FoundJob> jobs;
  for (auto& [id, job] : found) {
    job.id = id;
    job.name = std::max_element(job.names.begin(), job.names.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    jobs.push_back(std::move(job));
  }
  std::sort(jobs.begin(), jobs.end(), [](const FoundJob& a, const FoundJob& b) { return b.support() < a.support(); });
  return jobs;
}

JobEntry entry_of(const FoundJob& found, const std::vector<SnapshotEntry>& snapshots) {
  JobEntry job;
  job.id = found.id, job.name = found.name, job.kind = "backup";
  for (const SnapshotEntry& snapshot : snapshots) {
    if (snapshot.job != job.id || snapshot.metadata.job != job.name) continue;
    if (job.hosts.empty()) job.registered = snapshot.began;
    job.playbook = snapshot.metadata.playbook;
    job.data = snapshot.metadata.redundancy.data;
    job.parity = snapshot.metadata.redundancy.parity;
    job.paths = snapshot.metadata.paths;
    if (std::find(job.hosts.begin(), job.hosts.end(), snapshot.host) == job.hosts.end()) job.hosts.push_back(snapshot.host);
  }
  return job;
}

// None: another job has its name.
Result<void> put_job(Catalogue& catalogue, const FoundJob& found, const std::vector<SnapshotEntry>& snapshots) {
  return caught([&] {
    const std::optional<JobEntry> other = catalogue.job_named(found.name);
    if (other) throw Error(ErrorKind::exists, "job " + other->id.hex() + " has that name; the snapshots of both are listed under it");
    catalogue.put_job(entry_of(found, snapshots));
  });
}

}  // namespace

void rebuild_hosts(Catalogue& catalogue, const std::vector<VaultId>& vaults) {
  for (const VaultEntry& vault : catalogue.vaults()) {
    if (std::find(vaults.begin(), vaults.end(), vault.id) == vaults.end()) continue;
    const RecipientKey recipient = recipient_of(catalogue, vault);
    catalogue.change_host(vault.owner, [&](std::optional<HostEntry>& host) {
      if (!host) host.emplace().id = vault.owner, host->declared = false;      // by no inventory that is known of
      host->roles.insert(Role::agent);
      if (host->recipient.is_zero()) host->recipient = recipient;              // what is known already came from the host itself
    });
  }
}

void rebuild_jobs(Catalogue& catalogue) {
  std::set<JobId> registered;
  for (const JobEntry& job : catalogue.jobs()) registered.insert(job.id);
  const std::vector<SnapshotEntry> snapshots = catalogue.snapshots({});
  for (const FoundJob& job : find_jobs(snapshots, registered)) {
    const std::string which = "rebuilding the catalogue: job " + job.id.hex();
    if (job.names.size() > 1) log_warning(which + " has " + std::to_string(job.names.size()) + " names in second metadata; it is taken for " + in_quotes(job.name));
    const Result<void> put = put_job(catalogue, job, snapshots);
    if (!put) log_warning(which + ", called " + in_quotes(job.name) + ", is left out: " + put.error().text());
  }
}

}  // namespace sparekeep::central
