#include "daemon/shards/storage_folder.h"

#include <algorithm>

#include "daemon/shards/shard_directory.h"
#include "lib/base/text.h"

namespace sparekeep::daemon {

namespace {

// A file system's own, and what is left of shards whose marker is gone.
bool is_ours(const std::string& name) {
  return name == "lost+found" || name == kGraceName || name == kMarkerName || name.starts_with(".sk-") || VaultId::parse(name).has_value();
}

bool is_marked(const Path& folder) { return ::access((folder / kMarkerName).c_str(), F_OK) == 0; }

}  // namespace

Result<void> refuse_others_folder(const Path& folder) {
  if (is_marked(folder)) return {};
  const std::string name = in_quotes(folder.native());
  for (Path above = folder.parent_path(); above.has_relative_path(); above = above.parent_path())
    if (is_marked(above))
      return Error(ErrorKind::exists, name + " lies in " + in_quotes(above.native()) + ", which stores shards; name a folder beside it in storage.path");
  const Result<std::vector<std::string>> names = list_folder(folder);
  if (!names) return names.error().kind() == ErrorKind::not_found ? Result<void>() : names.error();
  const auto other = std::find_if_not(names->begin(), names->end(), is_ours);
  if (other == names->end()) return {};
  return Error(ErrorKind::exists, name + " is to store shards and holds " + in_quotes(printable(*other)) +
                                      ", which is none of ours; name a folder of its own in storage.path, empty but for lost+found");
}

}  // namespace sparekeep::daemon
