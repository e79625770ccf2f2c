// Files with several names in a restore: by their first name, the name that the others take the content from. Of those where that is the first name itself only
// some are remembered: nothing but a second look is lost with the rest.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "lib/fetch/snapshot_reader.h"

namespace sparekeep::agent {

struct LinkSource {
  std::string path, place;
  bool settled = false, failed = false, right = false;   // failed: as every name would; the report knows why
};

class LinkSources {
 public:
  void set(const std::string& first, LinkSource source) { sources_[first] = std::move(source); }
  void set_where_missing(const std::string& first, LinkSource source) {
    if (sources_.size() >= kept_max_) forget();
    sources_.try_emplace(first, std::move(source));
  }
  LinkSource* find(const std::string& first) {           // null: none; valid until the next set
    const auto found = sources_.find(first);
    return found == sources_.end() ? nullptr : &found->second;
  }

 private:
  static constexpr size_t kKeptMax = 1000;
  void forget() {
    std::erase_if(sources_, [](const auto& source) { return source.second.path == source.first; });
    kept_max_ = std::max(kKeptMax, 2 * sources_.size());
  }

  std::map<std::string, LinkSource> sources_;
  size_t kept_max_ = kKeptMax;
};

// The entry of a first name, which holds the content of all.
inline Result<ManifestEntry> content_of(SnapshotReader& snapshot, const std::string& first) {
  ManifestReader manifest = snapshot.manifest();
  Result<std::optional<ManifestEntry>> content = manifest.find(first);
  if (!content) return content.error();
  if (!*content) return Error(ErrorKind::corrupt, "the snapshot lacks the file it is a link to");
  return std::move(**content);
}

}  // namespace sparekeep::agent
