#include "installer/jobs/snapshot_name.h"

#include <algorithm>
#include <set>

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kLatest = "@latest";
constexpr size_t kPrefixMin = 2;
constexpr size_t kNamesShown = 10;

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

SnapshotEntry latest_of_job(Catalogue& catalogue, std::string_view text, const std::string& job) {
  std::vector<SnapshotEntry> all = catalogue.snapshots({.host = {}, .job = job});
  std::set<std::string> names;
  for (const SnapshotEntry& snapshot : all) names.insert(job + "/" + host_name_of(catalogue, snapshot) + std::string(kLatest));
  if (all.empty()) throw refused(text, " is not known: job " + in_quotes(job) + " has no snapshots; sparekeep jobs lists the jobs");
  if (names.size() > 1) throw refused(text, " could be of several hosts: " + listed({names.begin(), names.end()}));
  return std::move(all.back());
}

SnapshotEntry latest_of_host(Catalogue& catalogue, std::string_view text, const std::string& job, const std::string& host) {
  std::vector<SnapshotEntry> all = catalogue.snapshots({.host = {}, .job = job});
  std::erase_if(all, [&](const SnapshotEntry& snapshot) { return host_name_of(catalogue, snapshot) != host; });
  if (all.empty()) throw refused(text, " is not known: job " + in_quotes(job) + " has no snapshots of host " + in_quotes(host));
  return std::move(all.back());
}

}  // namespace

std::string host_name_of(Catalogue& catalogue, const SnapshotEntry& snapshot) {
  const std::optional<HostEntry> host = catalogue.host(snapshot.host);
  return host ? host->name : snapshot.metadata.host;
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

std::optional<SnapshotEntry> latest_snapshot(Catalogue& catalogue, const std::string& job, const HostId& host) {
  std::vector<SnapshotEntry> all = catalogue.snapshots({.host = host, .job = job});
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
