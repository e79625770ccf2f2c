#include "installer/jobs/snapshot_name.h"

#include <algorithm>
#include <map>

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kLatest = "@latest";
constexpr size_t kPrefixMin = 2;
constexpr size_t kNamesShown = 10;
constexpr size_t kIdShown = 12;              // digits of an id: any beginning that is unique is a name

Error refused(std::string_view text, const std::string& why) { return Error(ErrorKind::usage, "snapshot " + in_quotes(text) + why); }

bool is_prefix(std::string_view text) {
  const bool is_hex = std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return is_hex && text.size() >= kPrefixMin && text.size() <= 2 * SnapshotId::kSize;
}

std::string listed(std::vector<std::string> names) {
  const size_t count = names.size();
  if (count > kNamesShown) names.resize(kNamesShown), names.push_back("... (" + std::to_string(count) + " in all)");
  return joined(names, ", ");
}

SnapshotEntry by_prefix(Catalogue& catalogue, std::string_view text) {
  std::vector<SnapshotEntry> found;
  std::vector<std::string> names;
  for (SnapshotEntry& snapshot : catalogue.snapshots({})) {
    if (!snapshot.id.hex().starts_with(text)) continue;
    names.push_back(snapshot.id.hex());
    found.push_back(std::move(snapshot));
  }
  if (found.empty()) throw refused(text, " is not known; sparekeep snapshots lists them");
  if (found.size() > 1) throw refused(text, " is the beginning of several: " + listed(names));
  return std::move(found.front());
}

std::string to_choose(const SnapshotEntry& newest, const std::string& host) {
  const std::string id = newest.id.hex().substr(0, kIdShown);
  return "its newest snapshot is " + id + "; if that is meant: sparekeep restore " + id + " --to " + host;
}

// Which of the hosts that go by one name is it? The one that an inventory, or its certificate, calls so; what hosts call themselves counts only where
// one alone does, and nobody has the name.
std::vector<SnapshotEntry> of_one_host(Catalogue& catalogue, std::vector<SnapshotEntry> all, const std::string& job, const std::string& host) {
  std::map<HostId, SnapshotEntry> newest;
  for (const SnapshotEntry& snapshot : all) newest.insert_or_assign(snapshot.host, snapshot);
  const std::optional<HostEntry> named = catalogue.host_named(host);
  if (newest.empty() || (!named && newest.size() == 1)) return all;
  if (named && newest.contains(named->id)) {
    std::erase_if(all, [&](const SnapshotEntry& snapshot) { return snapshot.host != named->id; });
    return all;
  }
  std::vector<std::string> ids;
  for (const auto& [id, snapshot] : newest) ids.push_back("id " + id.hex() + " (" + to_choose(snapshot, host) + ")");
  const std::string of_job = "snapshots of job " + in_quotes(job), of_host = "host " + in_quotes(host);
  if (!named) throw Error(ErrorKind::usage, "several hosts that call themselves " + in_quotes(host) + " have " + of_job + ": " + listed(ids));
  throw Error(ErrorKind::usage, of_host + ", id " + named->id.hex() + ", has no " + of_job + "; hosts that were called so, or call themselves so, have: " + listed(ids));
}

SnapshotEntry latest_of_job(Catalogue& catalogue, std::string_view text, const std::string& job) {
  std::vector<SnapshotEntry> all = catalogue.snapshots({.host = {}, .job = job});
  std::map<std::string, std::string> names;
  for (const SnapshotEntry& snapshot : all) {
    const std::string host = host_name_of(catalogue, snapshot);
    names[host] = job + "/" + host + std::string(kLatest);
  }
  if (all.empty()) throw refused(text, " is not known: job " + in_quotes(job) + " has no snapshots; sparekeep jobs lists the jobs");
  if (names.size() == 1) return std::move(of_one_host(catalogue, std::move(all), job, names.begin()->first).back());
  std::vector<std::string> choices;
  for (const auto& [host, choice] : names) choices.push_back(choice);
  throw refused(text, " could be of several hosts: " + listed(choices));
}

SnapshotEntry latest_of_host(Catalogue& catalogue, std::string_view text, const std::string& job, const std::string& host) {
  std::optional<SnapshotEntry> latest = latest_snapshot(catalogue, job, host);
  if (!latest) throw refused(text, " is not known: job " + in_quotes(job) + " has no snapshots of host " + in_quotes(host));
  return std::move(*latest);
}

}  // namespace

std::string host_name_of(Catalogue& catalogue, const SnapshotEntry& snapshot) {
  const std::optional<HostEntry> host = catalogue.host(snapshot.host);
  return host && !host->name.empty() ? host->name : snapshot.metadata.host;
}

SnapshotEntry resolve_snapshot(Catalogue& catalogue, std::string_view text) {
  if (text.ends_with(kLatest)) {
    const std::string_view name = text.substr(0, text.size() - kLatest.size());
    const size_t slash = name.find('/');
    if (slash == name.npos) return latest_of_job(catalogue, text, std::string(name));
    return latest_of_host(catalogue, text, std::string(name.substr(0, slash)), std::string(name.substr(slash + 1)));
  }
  if (is_prefix(text)) return by_prefix(catalogue, text);
  throw refused(text, " is no name of a snapshot; its id, the beginning of it, JOB/HOST@latest or JOB@latest is expected");
}

std::optional<SnapshotEntry> latest_snapshot(Catalogue& catalogue, const std::string& job, const std::string& host) {
  std::vector<SnapshotEntry> all = catalogue.snapshots({.host = {}, .job = job});
  std::erase_if(all, [&](const SnapshotEntry& snapshot) { return host_name_of(catalogue, snapshot) != host; });
  all = of_one_host(catalogue, std::move(all), job, host);
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

SnapshotPath split_snapshot_path(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return {std::string(text), ""};
  Result<std::string> path = normal_path(text.substr(colon + 1));
  if (!path) throw Error(ErrorKind::usage, "path " + in_quotes(text.substr(colon + 1)) + " of snapshot " + in_quotes(text.substr(0, colon)) + ": " + path.error().text());
  return {std::string(text.substr(0, colon)), std::move(*path)};
}

}  // namespace sparekeep::central
